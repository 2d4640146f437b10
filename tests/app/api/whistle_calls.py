"""What the API tests of whistles share: a body, and the steps of the way as calls."""

PIN = {"lng": 121.50, "lat": 29.10}


def a_whistle(**changed) -> dict:
    base = {
        "kind": "emergency",
        "problem": "海晏小区 3 幢地下室污水倒灌，水到电表箱",
        "own_measures": "社区已劝离 6 户，沙袋堵住楼道",
        "place": {"address": "3 幢东侧单元门", **PIN},
        "summons": [{"unit": "urban", "ask": "围挡、清淤", "lead": True}, {"unit": "power", "ask": "先断 3 幢电"}],
    }
    return base | changed


def blown(caller, by: str = "dongmen.head", **changed) -> str:
    """A new whistle's path."""
    return f"/whistles/{caller(by).does('/whistles', a_whistle(**changed))['number']}"


def arrived(caller, path: str, unit: str, who: str = "handler", **said) -> dict:
    return caller(f"{unit}.{who}").does(f"{path}/summons/{unit}/check-ins", {"person": "刘凯"} | (said or PIN))


def part(whistle: dict, unit: str) -> dict:
    return next(one for one in whistle["summons"] if one["unit"] == unit)


def released(caller, **changed) -> str:
    """A whistle everybody came to and was let go from."""
    path = blown(caller, **changed)
    for unit in ("urban", "power"):
        arrived(caller, path, unit)
    caller("dongmen.head").does(f"{path}/release", {})
    return path


def graded(caller, path: str, unit: str, **points) -> dict:
    return caller("dongmen.head").does(f"{path}/scores", {"unit": unit, "speed": 5, "handling": 4, "result": 5} | points)
