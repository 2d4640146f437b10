"""The Chinese word of every action in the audit log."""

AUDIT = {
    "sign-in": "登录", "send-again": "重发消息", "sign-out": "退出", "lock": "试错太多，账号锁住", "change-password": "改密码", "enable-totp": "打开动态码", "disable-totp": "关掉动态码",
    "make-token": "做接口令牌", "revoke-token": "收回接口令牌", "set-absence": "登记外出", "end-absence": "取消外出", "delegate": "授权顶岗", "put-on-duty": "排值班", "take-off-duty": "撤下值班",
    "revoke-delegation": "收回授权", "unit-add": "新建单位", "unit-change": "改单位", "unit-move": "移动单位", "unit-open": "开通收单", "unit-rest": "停止收单",
    "post-set": "定岗位", "account-add": "新建账号", "account-created": "新建账号", "account-change": "改账号", "account-lock": "锁住账号", "account-unlock": "解锁账号",
    "account-rest": "停用账号", "account-wake": "启用账号", "account-password": "重设密码", "account-totp": "去掉动态码", "category-add": "新建分类",
    "category-change": "改分类", "closing-standard-change": "改结案标准", "special-topic": "改专题专席", "catalogue-entry": "改派单目录", "catalogue-end": "停用目录条目", "boundary-draft": "写职责边界草稿", "boundary-submit": "职责边界送审",
    "boundary-publish": "公布职责边界", "boundary-reject": "退回职责边界草稿", "boundary-withdraw": "停用职责边界", "knowledge-save": "写知识条目",
    "knowledge-drop": "撤下知识条目", "export": "导出", "demo-loaded": "装演示城市", "regions-laid": "导入区划",
    "limit": "改期限", "limit-recounted": "在办时钟重算完", "hours-make": "写工作时间", "hours-retire": "撤下工作时间", "unit-hours": "给单位用工作时间", "unit-hours-end": "停用单位工作时间",
    "calendar-load": "装入放假安排", "refer": "移送纪检监察", "conclude-referral": "登记移送结果",
}
SIGN_INS = ("sign-in", "sign-out", "lock", "change-password", "enable-totp", "disable-totp")
EVERY = (AUDIT,)
