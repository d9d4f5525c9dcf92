"""Names that nobody could take for real ones. Owns word lists only."""

import numpy as np

MSP_NAME = "Lanternfish IT (simulated)"
MSP_DOMAIN = "lanternfish.example"

_FIRST = (
    "Clockwork", "Velvet", "Paper", "Moonlit", "Copper", "Marble", "Thimble", "Saffron", "Tin", "Whistling", "Borrowed",
    "Invisible", "Upside-Down", "Seventh", "Patient", "Wandering", "Marzipan", "Polite", "Reluctant", "Luminous",
)  # fmt: skip
_SECOND = (
    "Penguin Logistics", "Dragon Dentistry", "Teapot Foundry", "Unicorn Farms", "Kraken Couriers", "Gargoyle Insurance",
    "Wizard Accounting", "Balloon Railways", "Mermaid Marine", "Yeti Outfitters", "Phoenix Fire Doors",
    "Goblin Goldsmiths", "Cloud Cuckoo Schools", "Pumpkin Carriages", "Narwhal Instruments", "Griffin Clinics",
)  # fmt: skip
_GIVEN = (
    "Ada", "Bao", "Carmen", "Dmitri", "Esra", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kavya", "Liam", "Mira", "Noor",
    "Otto", "Priya", "Quinn", "Rosa", "Sven", "Tala", "Uma", "Viktor", "Wanda", "Xenia", "Yusuf", "Zora", "Anton",
    "Bela", "Chidi", "Dara", "Emil", "Freya",
)  # fmt: skip
_FAMILY = (
    "Inkwell", "Lanterman", "Saltmarsh", "Quill", "Thistledown", "Copperpot", "Featherstonehaugh", "Marshlight",
    "Pennywhistle", "Rookwood-Example", "Sandpiper", "Tallowby", "Underbough", "Vellichor", "Wickerby", "Yarrowfield",
    "Ashenby", "Bramblewick", "Cindermoor", "Dovetail", "Emberley", "Foxglove-Test", "Gossamer", "Hollowhill",
    "Icewright", "Junebug", "Kettleburn", "Larkspur", "Mothwing", "Nettlebed", "Oakapple", "Puddifoot-Sample",
)  # fmt: skip
DEPARTMENTS = ("Finance", "Sales", "Operations", "Human Resources", "Production", "Purchasing", "Management")
INDUSTRIES = ("logistics", "health", "manufacturing", "education", "finance", "retail", "hospitality", "engineering")


def client_names(rng: np.random.Generator, n: int) -> list[tuple[str, str]]:
    """``n`` different pairs (client_id, name)."""
    order = rng.permutation(len(_FIRST) * len(_SECOND))[:n]
    pairs = [(_FIRST[k // len(_SECOND)], _SECOND[k % len(_SECOND)]) for k in order.tolist()]
    return [(f"{a} {b.split()[0]}".lower().replace(" ", "-"), f"{a} {b}") for a, b in pairs]


def person_name(number: int) -> str:
    """A person's name, different for about a thousand neighbouring numbers."""
    return f"{_GIVEN[number * 7 % len(_GIVEN)]} {_FAMILY[(number // len(_GIVEN) * 5 + number * 3) % len(_FAMILY)]}"


def person_names(start: int, n: int) -> list[str]:
    """Names of ``n`` people from that number on."""
    return [person_name(start + i) for i in range(n)]


def mail_of(name: str, domain: str, number: int) -> str:
    """An address under a domain that can never exist."""
    return f"{name.lower().replace(' ', '.')}.{number}@{domain}"
