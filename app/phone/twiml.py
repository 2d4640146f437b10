"""What Twilio is answered when it asks what to do with a call: TwiML, built with its own classes. The words said on the telephone are here too."""

from collections.abc import Callable

from twilio.twiml.voice_response import Dial, VoiceResponse

ZH, EN = "zh-CN", "en-US"
QUEUE = "hotline"
PAUSE_SECONDS = 8
LONGEST = 4 * 3600  # seconds; as calls.SILENT_AFTER
GREETING = (
    "{city}12345热线，您好。为保证服务质量，通话会录音。正在为您转接受理员。",
    "This is the {city} 12345 hotline. Calls are recorded. Connecting you now.",
)
WAITING = ("受理员都在通话，您前面还有{before}位，请稍等。", "All operators are busy. You are number {place} in line.")
NEXT = ("下一位就是您，请稍等。", "You are next. Please hold.")
CALL_BACK = (
    "让您久等了。您的号码已经记下，我们尽快打回给您，不用再排队。再见。",
    "We have your number and will call you back soon. Goodbye.",
)
GONE = ("来电人已经挂断。", "The caller has hung up.")
MASKED = ("正在接通市民，通话会录音。", "Connecting. This call is recorded.")
NOTICE = ("这里是12345热线回电，通话会录音。", "This is the 12345 hotline calling you. Calls are recorded.")
HookOf = Callable[[str], str]


def welcome(city: str, city_en: str, hook: HookOf) -> str:
    """Greeting and notice, then the queue: no menu, no advertisement (domain §8)."""
    answer = VoiceResponse()
    _say(answer, GREETING, city=city, city_en=city_en)
    return _queued(answer, hook)


def queue(hook: HookOf) -> str:
    """Into the queue without the greeting."""
    return _queued(VoiceResponse(), hook)


def waiting(place: int) -> str:
    """What somebody in the queue hears; asked again when it is over."""
    answer = VoiceResponse()
    _say(answer, NEXT if place <= 1 else WAITING, before=place - 1, place=place)
    answer.pause(length=PAUSE_SECONDS)
    return str(answer)


def leave() -> str:
    """Out of the queue: the next question is step `left`."""
    answer = VoiceResponse()
    answer.leave()
    return str(answer)


def goodbye() -> str:
    """They will be called back."""
    answer = VoiceResponse()
    _say(answer, CALL_BACK)
    answer.hangup()
    return str(answer)


def seat(call_id: int, hook: HookOf) -> str:
    """The operator's side of the conference; it is recorded, and goes on without them once a third party is in."""
    answer = VoiceResponse()
    dial = Dial(action=hook("seat-left"), time_limit=LONGEST)
    dial.conference(
        room_name(call_id),
        beep=False,
        start_conference_on_enter=True,
        end_conference_on_exit=False,
        record="record-from-start",
        recording_status_callback=hook("recording"),
        recording_status_callback_event="completed",
        status_callback=hook("room"),
        status_callback_event="start end join leave",
    )
    answer.append(dial)
    return str(answer)


def caller(call_id: int, hook: HookOf) -> str:
    """The citizen's side; when they leave, the talk is over."""
    answer = VoiceResponse()
    dial = Dial(action=hook("left"), time_limit=LONGEST)
    dial.conference(room_name(call_id), beep=False, start_conference_on_enter=False, end_conference_on_exit=True)
    answer.append(dial)
    return str(answer)


def gone() -> str:
    """The operator picked up too late."""
    answer = VoiceResponse()
    _say(answer, GONE)
    answer.hangup()
    return str(answer)


def bridge(number: str, hotline: str, hook: HookOf) -> str:
    """The operator hears that it is being dialled, the citizen who is calling and that it is recorded; each sees the hotline's number."""
    answer = VoiceResponse()
    _say(answer, MASKED)
    dial = Dial(
        caller_id=hotline,
        action=hook("bridged"),
        record="record-from-answer-dual",
        time_limit=LONGEST,
        timeout=30,
        recording_status_callback=hook("recording"),
        recording_status_callback_event="completed",
    )
    dial.number(number, url=hook("notice"), status_callback=hook("citizen"), status_callback_event="initiated ringing answered completed")
    answer.append(dial)
    return str(answer)


def notice() -> str:
    """What a citizen hears first when we call."""
    answer = VoiceResponse()
    _say(answer, NOTICE)
    return str(answer)


def nothing() -> str:
    """Nothing more to do."""
    return str(VoiceResponse())


def hang_up() -> str:
    """End this leg."""
    answer = VoiceResponse()
    answer.hangup()
    return str(answer)


def room_name(call_id: int) -> str:
    """The conference of one call."""
    return f"call-{call_id}"


def _queued(answer: VoiceResponse, hook: HookOf) -> str:
    answer.enqueue(QUEUE, wait_url=hook("wait"), action=hook("left"))
    return str(answer)


def _say(answer: VoiceResponse, words: tuple[str, str], city_en: str = "", **values) -> None:
    chinese, english = words
    answer.say(chinese.format(**values), language=ZH)
    answer.say(english.format(**values | ({"city": city_en} if city_en else {})), language=EN)
