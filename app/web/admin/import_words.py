"""What the import pages say of each kind and of each column. The columns themselves are app/organisation's."""

from app.web.i18n import later

TITLES = {
    "units": later("导入单位"),
    "accounts": later("导入账号"),
    "categories": later("导入分类"),
    "catalogue": later("导入派单目录"),
    "knowledge": later("导入知识库"),
    "boundaries": later("导入职责边界"),
}
HINTS = {
    "units": {
        "code": later("小写字母开头，只用字母、数字、横线；再导入时按它认单位"),
        "name": later("2 到 60 个字"),
        "short_name": later("1 到 12 个字，工单和列表上用"),
        "kind": later("区、部门、街道、公共服务企业、科室"),
        "parent": later("上级的代码或全称；上级写在后面的行也行"),
        "region": later("区划的代码或名称"),
        "peers": later("同一组的单位互相排名"),
        "superior": later("主管领导的账号；先导入账号，再导入一次单位就能写上"),
    },
    "accounts": {
        "username": later("小写字母开头；再导入时按它认人"),
        "unit": later("单位的代码，或没有重名的名称"),
        "roles": later("一个或几个，用顿号隔开：联络员、承办人、负责人、受理员、派单员……已有的岗位不能少写"),
        "post": later("A 或 B；几个岗位不一样时写：承办人A 联络员B"),
    },
    "categories": {
        "code": later("用点分级：urban.drainage.backflow；最多三级"),
        "name": later("1 到 30 个字"),
        "keywords": later("用空格隔开；受理时按这些词猜分类"),
        "active": later("是或否；空着是在用"),
        "photos": later("0 到 6；四列结案标准都空着，就跟上一级走"),
        "on_site": later("是或否"),
        "staged": later("是或否"),
        "words": later("写给承办人看"),
    },
    "catalogue": {
        "category": later("分类的代码，或没有重名的名称"),
        "region": later("区划的代码或名称；空着是全市"),
        "unit": later("已经开通收单的单位：代码，或没有重名的名称"),
        "basis": later("法律、规章或权责清单的哪一条"),
        "since": later("像 2027-01-01；空着或已过去，就从现在起"),
    },
    "knowledge": {
        "title": later("2 到 60 个字，像市民会问的那样写；再导入时按它和谁答认这一条"),
        "content": later("10 到 5000 个字，先说结论"),
        "article": later("哪份文件、哪一条"),
        "category": later("分类的代码，或没有重名的名称；空着是不分类"),
        "unit": later("管这一条的单位：代码，或没有重名的名称"),
        "public": later("是：门户上看得到；否或空着：只给坐席看"),
        "valid_until": later("像 2027-01-01；过了这天不再拿它答，一直有效就空着"),
        "review_on": later("明天到一年半之内；空着就是半年后"),
    },
    "boundaries": {
        "title": later("最多 100 个字；再导入时按它认这一条"),
        "category": later("分类的代码，或没有重名的名称"),
        "lead": later("已经开通收单的单位：代码，或没有重名的名称"),
        "parts": later("一格里一个单位一行：单位：做哪一段。也可以用分号隔开"),
        "basis": later("哪份文件、哪一条；最多 300 个字"),
    },
}
