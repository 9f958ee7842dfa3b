"""What applies where: the rules, hours, skills and reach of a queue, looked up with sound fallbacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from relay_protocol.ids import AgentId
from relay_protocol.messages import Office, TaxpayerCard
from relay_server.domain.calendars import is_open, next_opening
from relay_server.domain.directory import Directory
from relay_server.domain.dispatch import reach_of
from relay_server.domain.groups import groups, served_by, widest
from relay_server.domain.locality import Ask, Clues, Found, competent, nearest
from relay_server.domain.rules import DEFAULT, RuleSet

NO_OFFICE = Office(code="", name="人工服务")
"""Whose queue people wait in while nobody has told the relay of any office."""
NORMAL = "normal"


@dataclass(frozen=True)
class Line:
    """A queue somebody stands in: its code, whose it is, and the skills it asks for."""

    queue: str
    office: Office
    skills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """The directory as dispatch reads it. `fallback` are the rules of a queue that names none."""

    directory: Directory = field(default_factory=Directory)
    fallback: RuleSet = DEFAULT
    default_office: str = ""
    _groups: dict[frozenset[str], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _reach: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def rules(self, queue: str) -> RuleSet:
        """Return the rules of a queue; of one that names none, or is gone, those called `default` or the fallback."""
        record = self.directory.queues.get(queue)
        named = self.directory.rules.get(record.rules if record else "")
        return named or self.directory.rules.get(self.fallback.name) or self.fallback

    @property
    def levels(self) -> Mapping[str, str]:
        """Return the level of every office."""
        return {code: office.level for code, office in self.directory.offices.items()}

    def path(self, office: str) -> tuple[str, ...]:
        """Return an office and those above it; for one that was removed, the next wider that is there."""
        paths = self.directory.paths
        if office in paths:
            return paths[office]
        wider = nearest(office, self.directory.cards, self.directory.divisions)
        return paths[wider.code] if wider else paths.get(self.default_office, ())

    def reach(self, queue: str, office: str) -> tuple[str, ...]:
        """Return for each step of a queue's rules within which office it looks."""
        key = (queue, office)
        if key not in self._reach:
            self._reach[key] = reach_of(self.rules(queue), self.path(office), self.levels)
        return self._reach[key]

    def locality(self, clues: Clues) -> Found | Ask:
        """Return the competent office, or what to ask the taxpayer."""
        known = self.directory
        found = competent(clues, known.cards, divisions=known.divisions, default=self.default_office)
        return found or Found(NO_OFFICE, "default")

    def office_of(self, card: TaxpayerCard) -> Office:
        """Return the office of a taxpayer without asking: theirs, the default, or none."""
        found = self.locality(Clues(token=card.office.code if card.office else ""))
        return found.office if isinstance(found, Found) else NO_OFFICE

    def line(self, office: Office, skill: str = "") -> Line:
        """Return the queue of an office that fits a skill best: one that asks for it, else its first, else its own."""
        queues = self.directory.queues_of(office.code)
        wanted = (skill,) if skill in self.directory.skills else ()
        if not queues:
            return Line(office.code, office, wanted)
        chosen = next((one for one in queues if skill in one.skills), None) or min(
            queues, key=lambda one: len(one.skills)
        )
        return Line(chosen.code, office, tuple(dict.fromkeys([*chosen.skills, *wanted])))

    def open(self, queue: str, office: str, now: float) -> bool:
        """Tell whether an office, or the queue it has, is open; without any hours it always is."""
        calendar = self.directory.calendar_of(queue, office)
        return calendar is None or is_open(calendar, now)

    def closed_until(self, line: Line, now: float) -> tuple[bool, float | None]:
        """Tell whether no office a ticket of this line could ever reach is open now, and when the first opens."""
        offices = dict.fromkeys([*self.reach(line.queue, line.office.code), *self.path(line.office.code)[:1]])
        asked = [(line.queue if code == line.office.code else "", code) for code in offices if code]
        if not asked or any(self.open(queue, code, now) for queue, code in asked):
            return False, None
        calendars = (self.directory.calendar_of(queue, code) for queue, code in asked)
        openings = [opens for one in calendars if one and (opens := next_opening(one, now)) is not None]
        return True, min(openings, default=None)

    def priority(self, card: TaxpayerCard, rules: RuleSet) -> str:
        """Return the class of a taxpayer: their type or role, if the rules have a class of that name."""
        return next((name for name in (card.taxpayer_type, card.role) if name in rules.priorities), NORMAL)

    def reach_name(self, office: str) -> str:
        """Return the name of the office within which one looks, as people read it."""
        card = self.directory.cards.get(office)
        return card.name if card else "全部机构"

    def skill_names(self, skills: Sequence[str]) -> str:
        """Return skills as people read them."""
        return "、".join(self.directory.skills[one].name if one in self.directory.skills else one for one in skills)

    def groups(self, offices: frozenset[str]) -> tuple[str, ...]:
        """Return the groups of queues that agents of these offices serve, in order; found out once."""
        if offices not in self._groups:
            named = {queue.code: queue.office for queue in self.directory.queues.values()}
            own = {office: office for office in self.directory.offices}
            lines = {queue: (self.path(office), self.rules(queue)) for queue, office in {**own, **named}.items()}
            reached = widest(lines, self.levels)
            serves = {AgentId(office): served_by(reached, self.path(office)) for office in sorted(offices)}
            self._groups[offices] = tuple(sorted(set(groups(serves).values()))) or ("",)
        return self._groups[offices]
