"""What people of the demo city say: a matter's words filled with a place, a house number and a person. Seeded, touches no database."""

import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random

from app.demo.files import entries, rows
from tickets import risk
from tickets.identity import Appellant

WEST, SOUTH, WIDTH, HEIGHT = 122.8, 35.0, 0.0022, 0.002  # the plane of the city's drawing as degrees, out at sea
DISTRICT = {"dongmen": "east", "beihe": "east", "nanhu": "west", "xishan": "west"}
CHANNELS = {"phone": 56, "wechat": 18, "web": 12, "sms": 3, "email": 2, "visit": 4, "transfer": 2}
STREET_CHANNELS = CHANNELS | {"patrol": 12, "open311": 4}  # what a grid worker on the round or a city app reports
STREET_MATTERS = ("urban.road", "urban.lighting", "urban.sanitation", "urban.drainage.manhole", "urban.greening", "environment.air.dust")
ACCUSED = {
    "urban.property": (
        "临海安居物业服务有限公司 91990100MA0012015A",
        "安居物业服务",
        "安居物业服务有限公司（东门分公司）",
        "和顺物业管理有限公司",
        "邻里家园物业有限公司",
        "和顺物业管理",
    ),
    "commerce.consumer": (
        "悦动健身俱乐部",
        "学而优培训学校",
        "悦动健身俱乐部有限公司 91990100MA0030771P",
        "新潮家电商行",
        "学而优培训学校",
    ),
    "commerce.quality": ("大新海鲜店", "百家福超市", "大新海鲜店", "百家福超市有限公司 91990100MA0045528R"),
    "commerce.price": ("东门农贸市场", "百家福超市", "大新海鲜店"),
}
CALLERS = 130
TRIES = 30  # at words nobody has said yet


@dataclass(frozen=True)
class Place:
    street: str
    region: str
    name: str
    address: str
    lng: float
    lat: float
    cell: str


@dataclass(frozen=True)
class Tale:
    """One citizen's matter, ready to be registered, with everything the units will say about it."""

    title: str
    words: str
    category: str
    appeal_type: str
    lead: str
    place: Place
    appellant: Appellant
    channel: str
    confidential: bool
    reply_wanted: bool
    matter: dict = field(default_factory=dict)

    def said(self, key: str) -> str:
        """What the matter's data say under this key, with the place filled in."""
        return str(self.matter.get(key, "")).replace("{place}", self.place.name)


class Teller:
    """Hands out tales so that neither words nor places repeat visibly: every matter once before any twice."""

    def __init__(self, rng: Random):
        self.rng = rng
        self.words = entries("aside")
        self.told: Counter = Counter()
        self.spoken: set[str] = set()
        self.titled: Counter = Counter()
        self.round: defaultdict[str, list] = defaultdict(list)
        self.callers = [self._caller(number) for number in range(CALLERS)]
        self.streets = {row["code"]: row for row in rows("units") if row["kind"] == "street"}

    def tale(self, having: str = "", among: tuple[str, ...] = (), calm: bool = False) -> Tale:
        """A tale of the least told matter; `having`: only matters whose data have this key; `among`: only these categories;
        `calm`: only plain complaints and pleas whose limit may be extended."""
        fit = [
            matter
            for matter in entries("matters")
            if (not having or having in matter) and (not among or matter["category"] in among) and (not calm or _calm(matter))
        ]
        fewest = min(self.told[matter["category"]] for matter in fit)
        matter = self.rng.choice([matter for matter in fit if self.told[matter["category"]] == fewest])
        turn = self.told[matter["category"]]
        self.told[matter["category"]] += 1
        return self.of_matter(matter, turn)

    def of_matter(self, matter: dict, turn: int, place: Place | None = None) -> Tale:
        """The matter told for the `turn`-th time."""
        place = place or self.place(matter["where"])
        house, number = self.rng.randint(1, 18), self.rng.randint(2, 9)
        fill = {"{place}": place.name, "{n}": str(house), "{m}": str(number)}
        title, words = (_filled(matter[key][turn % 2], fill) for key in ("titles", "words"))
        plain = words
        for _ in range(TRIES):
            if turn > 1 or words in self.spoken:
                words = self.rng.choice(self.words["openings"]) + plain + self.rng.choice(self.words["closings"])
            if words not in self.spoken:
                break
        self.spoken.add(words)
        self.titled[title] += 1
        if self.titled[title] > 2:
            title = f"{title}（{house} 号附近）" if place.name in title else f"{place.name}{title}"
        kind = matter["type"]
        confidential = kind == "complaint" and self.rng.random() < 0.06
        if confidential:
            words += self.rng.choice(self.words["confidential"])
        return Tale(
            title=title,
            words=words,
            category=matter["category"],
            appeal_type=kind,
            lead=matter.get("unit") or duty(matter["category"], place.region),
            place=_numbered(place, matter["where"], house, number),
            appellant=self.appellant(matter),
            channel=self.channel(matter["category"]),
            confidential=confidential,
            reply_wanted=kind == "report" or self.rng.random() > 0.04,
            matter=matter,
        )

    def aside(self, said: dict) -> Tale:
        """A tale outside the dispatch road: a question, a refusal, an emergency."""
        place = self.place(said.get("where", "estate"))
        fill = {"{place}": place.name, "{n}": str(self.rng.randint(1, 18)), "{m}": str(self.rng.randint(2, 9))}
        return Tale(
            title=_filled(said["title"], fill),
            words=_filled(said["words"], fill),
            category=said["category"],
            appeal_type=said.get("type", "help"),
            lead="",
            place=place,
            appellant=self.appellant({}),
            channel="phone" if "line" in said else self.channel(said["category"]),
            confidential=False,
            reply_wanted=True,
            matter=said,
        )

    def place(self, kind: str) -> Place:
        """The next place of this kind: all are visited before any is again."""
        if not self.round[kind]:
            self.round[kind] = [row for row in rows("places") if row["kind"] == kind]
            self.rng.shuffle(self.round[kind])
        row = self.round[kind].pop()
        x, y = float(row["x"]) + self.rng.uniform(-0.3, 0.3), float(row["y"]) + self.rng.uniform(-0.3, 0.3)
        street = self.streets[row["street"]]
        return Place(
            street=row["street"],
            region=street["region"],
            name=row["name"],
            address=f"{street['name']}{row['name']}",
            lng=round(WEST + x * WIDTH, 6),
            lat=round(SOUTH + y * HEIGHT, 6),
            cell=f"{row['street'][:2].upper()}-{int(x) // 2:02d}{int(y) // 2:02d}",
        )

    def nearby(self, place: Place) -> Place:
        """The same place, some ten metres on."""
        return Place(
            **(
                vars(place)
                | {
                    "address": place.address.rpartition(" ")[0].rpartition(" ")[0] or place.address,
                    "lng": round(place.lng + self.rng.uniform(-4e-4, 4e-4), 6),
                    "lat": round(place.lat + self.rng.uniform(-4e-4, 4e-4), 6),
                }
            )
        )

    def pick(self, kind: str):
        """One of the common phrases of this kind."""
        return self.rng.choice(self.words[kind])

    def channel(self, category: str) -> str:
        weights = STREET_CHANNELS if category.startswith(STREET_MATTERS) else CHANNELS
        return self.rng.choices(list(weights), weights=list(weights.values()))[0]

    def appellant(self, matter: dict) -> Appellant:
        """A firm for a firm's matter, now and then nobody known for a report, else one of the city's regular callers."""
        if matter.get("firm"):
            serial = self.rng.randrange(10**6)
            return Appellant(
                name=self.pick("firms"),
                phone=f"1380009{self.rng.randrange(10**4):04d}",
                kind="firm",
                credit_code=f"91990100MA{serial:06d}XX",
                industry="制造业",
            )
        if matter.get("type") == "report" and self.rng.random() < 0.3:
            return Appellant(kind="anonymous")
        return self.callers[int(CALLERS * self.rng.random() ** 1.6)]

    def _caller(self, number: int) -> Appellant:
        name = self.rng.choice(self.words["surnames"]) + self.rng.choice(self.words["given"])
        return Appellant(name=name, phone=f"1380000{1000 + number * 67 % 9000:04d}", gender=self.rng.choice(("female", "male")))


def duty(category: str, region: str) -> str:
    """The unit the catalogue's data name for a category in a street: nearest category first, then the street, its district, anywhere."""
    listed = {(row["category"], row["region"]): row["unit"] for row in rows("catalogue")}
    parts = category.split(".")
    for depth in range(len(parts), 0, -1):
        for area in (region, region[:6], ""):
            unit = listed.get((".".join(parts[:depth]), area))
            if unit:
                return unit
    return ""


def accused_of(tale: Tale) -> str:
    """Whom a complaint names, by its kind; the same tale names the same one, now and then in another way of writing."""
    names = next((several for prefix, several in ACCUSED.items() if tale.category.startswith(prefix)), ())
    return names[zlib.crc32(tale.words.encode()) % len(names)] if names and tale.appeal_type == "complaint" else ""


def _calm(matter: dict) -> bool:
    said = "".join(matter["titles"] + matter["words"])
    return matter["type"] in ("complaint", "help") and not {"firm", "track"} & set(matter) and risk.urgency_of(said) == "ordinary"


def _filled(text: str, fill: dict[str, str]) -> str:
    for hole, word in fill.items():
        text = text.replace(hole, word)
    return text


def _numbered(place: Place, kind: str, house: int, number: int) -> Place:
    tail = {"estate": f" {house} 幢", "road": f" {number} 号"}.get(kind, "")
    return Place(**(vars(place) | {"address": place.address + tail}))
