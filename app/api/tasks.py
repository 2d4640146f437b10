"""POST /tickets/N/tasks and what the assisting unit and the lead do with one: signings, replies, releases, grades."""

from app.api import rows
from app.api.fields import Body, Text, Whole
from app.api.lists import listed
from app.api.nouns import ID, Nouns, act
from app.api.rows import TaskShape
from tickets import queries, tasks

nouns = Nouns("tasks", "协办：主办派、协办签收和回复、主办放行和打分")
TASK = "/tasks" + ID


class TaskBody(Body):
    unit = Text(50, required=True)
    ask = Text(1000, least=1, required=True)
    days = Whole(1, 45, load_default=None, allow_none=True, metadata={"description": "工作日；不填随主办期限"})


class TaskSigningBody(Body):
    person = Whole(load_default=None, allow_none=True, metadata={"description": "段长：本单位谁主办，账号 id；不填就不指定"})


class TaskHandoverBody(Body):
    person = Whole(required=True, metadata={"description": "新的段长：同一单位的账号 id"})
    reason = Text(1000, least=1, required=True)


class TaskReplyBody(Body):
    content = Text(5000, least=1, required=True)


class TaskReleaseBody(Body):
    reason = Text(1000, least=1, required=True)


class TaskGradeBody(Body):
    score = Whole(1, 5, required=True)
    reason = Text(1000, load_default="", metadata={"description": "1、2 分要写理由"})


@act(nouns, "/tasks", TaskBody, "add-task", shape=TaskShape, shows=rows.task, status=201)
def add_task(session, ticket, said, actor, now):
    """请另一个单位协办"""
    return tasks.add_task(session, ticket, said["unit"], said["ask"], actor, now, said["days"])


@act(nouns, TASK + "/signings", TaskSigningBody, "sign-task", shape=TaskShape, shows=rows.task)
def sign_task(session, ticket, said, actor, now, row_id):
    """协办签收，可以指定段长"""
    task = tasks.task_of(session, ticket, row_id)
    tasks.sign_task(session, ticket, task, actor, now, said["person"])
    return task


@act(nouns, TASK + "/handovers", TaskHandoverBody, "hand-over-task", shape=TaskShape, shows=rows.task)
def hand_over_task(session, ticket, said, actor, now, row_id):
    """协办单位换一位段长，原来的和新的都收到消息"""
    task = tasks.task_of(session, ticket, row_id)
    tasks.hand_over_task(session, ticket, task, said["person"], said["reason"], actor, now)
    return task


@act(nouns, TASK + "/replies", TaskReplyBody, "reply-task", shape=TaskShape, shows=rows.task)
def reply_task(session, ticket, said, actor, now, row_id):
    """协办回复主办"""
    task = tasks.task_of(session, ticket, row_id)
    tasks.reply_task(session, ticket, task, said["content"], actor, now)
    return task


@act(nouns, TASK + "/releases", TaskReleaseBody, "release-task", shape=TaskShape, shows=rows.task)
def release_task(session, ticket, said, actor, now, row_id):
    """不再等这个协办"""
    task = tasks.task_of(session, ticket, row_id)
    tasks.release_task(session, ticket, task, said["reason"], actor, now)
    return task


@act(nouns, TASK + "/grades", TaskGradeBody, "grade-task", shape=TaskShape, shows=rows.task)
def grade_task(session, ticket, said, actor, now, row_id):
    """给协办打分，一次"""
    task = tasks.task_of(session, ticket, row_id)
    tasks.grade_task(session, ticket, task, said["score"], said["reason"], actor, now)
    return task


@listed(nouns, "/tasks", TaskShape)
def list_tasks(session, ticket, actor, now):
    """协办到哪一步了"""
    return [rows.task(session, task, actor, now) for task, _unit in queries.tasks_of(session, ticket)]
