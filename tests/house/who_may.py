"""The written table: who may call what. The test beside it walks every cell.

A row is an endpoint; its words are outreach, hub, hub lead, SWEP coordinator,
treatment, manager, admin, in this order. Hub and hub lead are named for the
165 Hub. A letter says what one gets: Y it is done, F the role may not (403),
A as if it were not there (404). Where a row is about a record, a word has a
letter for each of these:

* SITES: the 165 Hub, St Giles, the Respite Rooms (confidential)
* BEDS: one bed at each of those three
* PLACEMENTS: held by others at those three, and one held at St Giles by whoever asks
* PEOPLE: somebody who is in at those three, and somebody whose record is closed

Source: the role table of CONTRACT.md and section 8 of DOMAIN.md.
"""

ROLES = ("outreach", "hub", "hub_lead", "swep_coordinator", "treatment", "manager", "admin")

PUBLIC = {
    "desk.accessibility",
    "desk.home",
    "desk.ring",
    "health.healthz",
    "health.readyz",
    "metrics.show",
    "inbound.receive",
    "openapi",
    "organisation.back",
    "organisation.go",
    "screens.come_back",
    "screens.show",
    "staff.code",
    "staff.do_set_password",
    "staff.do_set_up",
    "staff.do_sign_in",
    "staff.set_password",
    "staff.set_up",
    "staff.sign_in",
    "staff.use_code",
    "twilio.status",
}
"""The routes that need nobody to be signed in. A new one is a decision."""

EVERYBODY = "Y Y Y Y Y Y Y"
HOLDERS = "Y Y Y Y F F F"
READERS = "Y Y Y Y Y Y F"
ADDERS = "Y Y Y Y Y F F"
MANAGER = "F F F F F Y F"
ADMIN = "F F F F F F Y"
COORDINATORS = "F F F Y F Y Y"
COUNTERS = "Y F F Y F Y F"
SIGNERS = "F F F Y F Y F"
ON_THE_STREET = "Y F F Y F F F"
DESCRIBERS = "Y F F Y Y F F"

OUT = "Y F F Y F F F"
MEASURERS = "F F F Y F Y F"

SIMPLE = {
    "assess_api.assess": ADDERS,
    "account.do_set_up": EVERYBODY,
    "account.end_one": EVERYBODY,
    "account.end_others": EVERYBODY,
    "account.recovery_codes": EVERYBODY,
    "account.set_pin": EVERYBODY,
    "account.set_up": EVERYBODY,
    "account.show": EVERYBODY,
    "beds.mine": HOLDERS,
    "beds.then": EVERYBODY,
    "beds.tonight": EVERYBODY,
    "beds_api.then": EVERYBODY,
    "beds_api.tonight": EVERYBODY,
    "counts.add": COUNTERS,
    "counts.apart": COUNTERS,
    "counts.area": COUNTERS,
    "counts.begin": COUNTERS,
    "counts.earlier": SIGNERS,
    "counts.every": COUNTERS,
    "counts.finish": COUNTERS,
    "counts.go_on": COUNTERS,
    "counts.new": COUNTERS,
    "counts.reopen": SIGNERS,
    "counts.same": COUNTERS,
    "counts.show": COUNTERS,
    "counts.sight": "Y F F Y F F F",
    "counts.sign": SIGNERS,
    "counts.undo": COUNTERS,
    "contact.add": DESCRIBERS,
    "contact.new": DESCRIBERS,
    "contact.show": READERS,
    "contact.strike": READERS,
    "concerns.everybody": READERS,
    "concerns.step": READERS,
    "desk.find": READERS,
    "desk.look": READERS,
    "door.call": "F Y Y Y F Y F",
    "handover.show": OUT,
    "handover.sign": OUT,
    "drug_alerts.put_up": "F F Y Y Y Y F",
    "consents.reword": ADMIN,
    "consents.wordings": ADMIN,
    "drug_alerts.show": EVERYBODY,
    "drug_alerts.take_down": "F F Y Y Y Y F",
    "jobs.show": "F F F F F Y Y",
    "keeping.done": "F F F F F Y F",
    "privacy.decide": MANAGER,
    "privacy.new": MANAGER,
    "privacy.one_request": MANAGER,
    "privacy.record_request": MANAGER,
    "privacy.show": MANAGER,
    "mornings.entered": OUT,
    "mornings.export": OUT,
    "mornings.not_entered": OUT,
    "mornings.show": OUT,
    "duty.add_turn": COORDINATORS,
    "duty.alarms": EVERYBODY,
    "duty.answer": EVERYBODY,
    "duty.longer": HOLDERS,
    "duty.remove_turn": COORDINATORS,
    "duty.rota": EVERYBODY,
    "duty.safe": HOLDERS,
    "duty.take_over": "F F Y Y F Y F",
    "measures.framework": "F F F F F Y F",
    "measures.framework_file": "F F F F F Y F",
    "measures.month": "F F F F F Y F",
    "measures.rough_sleeping": "Y F F F F Y F",
    "measures.rough_sleeping_file": "Y F F F F Y F",
    "measures.show": EVERYBODY,
    "measures.sleepers": "Y F F F F Y F",
    "notices.choices": EVERYBODY,
    "notices.choose": EVERYBODY,
    "notices.open_one": EVERYBODY,
    "notices.read_all": EVERYBODY,
    "notices.show": EVERYBODY,
    "people.add": ADDERS,
    "people.new": ADDERS,
    "alike_api.likely": ADDERS,
    "people.likely": ADDERS,
    "people_api.add": ADDERS,
    "people_api.search": READERS,
    "phone.claim": EVERYBODY,
    "phone.prove": EVERYBODY,
    "phone.remove": EVERYBODY,
    "phone.show": EVERYBODY,
    "promises.settle": ADDERS,
    "promises.show": READERS,
    "reports.occupancy": "F Y Y Y F Y F",
    "reports.occupancy_file": "F Y Y Y F Y F",
    "reports_api.framework": "F F F F F Y F",
    "reports_api.occupancy": "F Y Y Y F Y F",
    "reports_api.rough_sleeping": "Y F F F F Y F",
    "reports_api.unmet": MEASURERS,
    "retention.save": ADMIN,
    "retention.show": ADMIN,
    "roster.come_back": ADMIN,
    "roster.end_sign_ins": ADMIN,
    "roster.everybody": ADMIN,
    "roster.leave": ADMIN,
    "roster.link": ADMIN,
    "roster.member": ADMIN,
    "roster.remove_factor": ADMIN,
    "roster.remove_phone": ADMIN,
    "screens.end": EVERYBODY,
    "screens.hide": EVERYBODY,
    "same.queue": "F F Y F F Y F",
    "shifts.been_there": OUT,
    "shifts.join": OUT,
    "shifts.leave": OUT,
    "shifts.not_been_there": OUT,
    "shifts.plan": OUT,
    "shifts.show": OUT,
    "shifts.show_all": OUT,
    "staff.sign_out": EVERYBODY,
    "street.add_spot": ON_THE_STREET,
    "street.all_spots": ON_THE_STREET,
    "street.end_spot": ON_THE_STREET,
    "street.look": READERS,
    "street.tonight": READERS,
    "street_api.show": READERS,
    "street_api.strike": READERS,
    "texts.again": COORDINATORS,
    "texts.show": COORDINATORS,
    "trail.export": "F F F F F Y Y",
    "trail.read": "F F F F F Y Y",
    "unmet.people": MEASURERS,
    "unmet.save": MEASURERS,
    "unmet.show": MEASURERS,
    "walks_api.longer": HOLDERS,
    "walks_api.safe": HOLDERS,
    "walks_api.set_out": HOLDERS,
    "waiting.add": HOLDERS,
    "waiting.priority": "F F Y F F F F",
    "waiting.withdraw": HOLDERS,
    "waiting_api.wait": HOLDERS,
    "waiting_api.withdraw": HOLDERS,
    "watch.show": "F F Y F F Y F",
}

COUNTING = "YYA YYA YYA YYA YYA YYA YYA"
RUNNING = "FFF YAA YAA AAA FFF FFF FFF"

DESCRIBING = "FFF FFF YAA FFF FFF FFF YYA"

STATING = "FFF FFF YAA FFF FFF FFF FFF"

SITES = {
    "capacity.show": STATING,
    "capacity.state": STATING,
    "paper.enter": RUNNING,
    "paper.show": RUNNING,
    "beds.confirm": RUNNING,
    "beds.place": "YYY YFF YYY YYY FFF FFF FFF",
    "beds_api.beds": COUNTING,
    "beds_api.confirm": RUNNING,
    "beds_api.place": "YYY YFF YYY YYY FFF FFF FFF",
    "desk.hub": RUNNING,
    "door.hold": "FFF YFF YYY YYY FFF FFF FFF",
    "hub.roll": RUNNING,
    "place.edit": DESCRIBING,
    "place.save": DESCRIBING,
    "place.save_rooms": DESCRIBING,
    "place.show_rooms": DESCRIBING,
    "waiting.show": RUNNING,
    "waiting_api.line": RUNNING,
}

BEDS = {
    "beds.ready": RUNNING,
    "beds.reinstate": RUNNING,
    "beds.void": RUNNING,
    "beds_api.ready": RUNNING,
    "beds_api.reinstate": RUNNING,
    "beds_api.void": RUNNING,
}

SEEING = "AAAY YAAA YAAY AAAY AAAY YYAY FFFF"
KEEPING = "AAAY YAAA YAAY AAAY FFFF FFFF FFFF"
AT_THE_DOOR = "FFFF YAAA YAAA AAAA FFFF FFFF FFFF"

LEADING = "FFFF FFFF YAAA FFFF FFFF FFFF FFFF"

PLACEMENTS = {
    "beds.check_in": AT_THE_DOOR,
    "beds.depart": AT_THE_DOOR,
    "beds.extend": KEEPING,
    "beds.leaving": AT_THE_DOOR,
    "beds.release": KEEPING,
    "beds.show": SEEING,
    "beds.walk": KEEPING,
    "beds_api.check_in": AT_THE_DOOR,
    "beds_api.depart": AT_THE_DOOR,
    "beds_api.extend": KEEPING,
    "beds_api.release": KEEPING,
    "beds_api.show": SEEING,
    "card.of_placement": SEEING,
    "door.away": AT_THE_DOOR,
    "door.back": AT_THE_DOOR,
    "door.book": AT_THE_DOOR,
    "door.cancel": KEEPING,
    "door.expecting": AT_THE_DOOR,
    "door.going": AT_THE_DOOR,
    "door.in_error": LEADING,
    "door.look": AT_THE_DOOR,
    "door.match": AT_THE_DOOR,
    "door.missing": AT_THE_DOOR,
    "door.name": AT_THE_DOOR,
    "door.no_show": AT_THE_DOOR,
    "door.stay": LEADING,
    "door.strike": LEADING,
    "door.undo": KEEPING,
    "door.who": AT_THE_DOOR,
    "moves.choose": AT_THE_DOOR,
    "moves.transfer": AT_THE_DOOR,
    "moves_api.transfer": AT_THE_DOOR,
    "life_api.away": AT_THE_DOOR,
    "life_api.back": AT_THE_DOOR,
    "life_api.book": AT_THE_DOOR,
    "life_api.cancel": KEEPING,
    "life_api.no_show": AT_THE_DOOR,
    "life_api.stay": LEADING,
    "life_api.undo": KEEPING,
    "life_api.void": LEADING,
}

KNOWING = "YYYA YYYA YYYA YYYA YYYA YYYA FFFF"
BREAKING = "YYYY YYYY YYYY YYYY YYYY YYYY FFFF"
CHANGING = "YYYA YFFA YFFA YYYA YYYA FFFF FFFF"
CLOSING = "YYYA YYYA YYYA YYYA YYYA FFFF FFFF"
TAKING_BACK = "YYYA FFFF YYYA YYYA YYYA FFFF FFFF"
MERGING = "FFFF FFFF YYYA FFFF FFFF YYYA FFFF"

MATCHING = "YYYA FFFF YYYA YYYA YYYA YYYA FFFF"

DYING = "YYYA FFFF YYYA YYYA YYYA YYYA FFFF"
LEADERS = "FFFF FFFF YYYA YYYA FFFF YYYA FFFF"
"""That somebody has died is recorded by more than take it back."""

TYING = "YYYA YFFA YYYA YYYA YYYA YYYA FFFF"
EXCLUDING = "FFFF FFFF YYYA YYYA FFFF FFFF FFFF"
"""Whoever leads a site excludes from it; which site it is stands in what is sent."""
ANSWERING = "FFFF FFFF FFFF FFFF FFFF YYYA FFFF"

PEOPLE = {
    "ties.end_apart": TYING,
    "ties.end_exclusion": EXCLUDING,
    "ties.exclude": EXCLUDING,
    "ties.keep_apart": TYING,
    "ties.look": TYING,
    "ties.show": KNOWING,
    "ties.want_together": TYING,
    "ties.withdraw_together": TYING,
    "concerns.add": KNOWING,
    "concerns.not_under_18": KNOWING,
    "concerns.of_person": KNOWING,
    "concerns.under_18": KNOWING,
    "death.ask": DYING,
    "death.record": DYING,
    "death.take_back": LEADERS,
    "assess.save": CHANGING,
    "assess.show": KNOWING,
    "assess_api.versions": KNOWING,
    "cautions.end": CHANGING,
    "cautions.renew": CHANGING,
    "cautions.show": KNOWING,
    "cautions.warn": CHANGING,
    "notes.show": KNOWING,
    "notes.strike": CHANGING,
    "notes.write": CHANGING,
    "contact.of_person": CHANGING,
    "contact.record": CHANGING,
    "card.of_person": KNOWING,
    "desk.find_bed": KNOWING,
    "desk.person": KNOWING,
    "keeping.erase": ANSWERING,
    "keeping.lift": ANSWERING,
    "keeping.put_on": ANSWERING,
    "keeping.show": ANSWERING,
    "numbers.remove": CHANGING,
    "numbers.save": CHANGING,
    "numbers.show": KNOWING,
    "consent_api.person": KNOWING,
    "consent_api.show": KNOWING,
    "consent_api.agree": CHANGING,
    "consent_api.withdraw": CHANGING,
    "consents.show": KNOWING,
    "consents.answered": CHANGING,
    "consents.withdraw": CHANGING,
    "timeline.show": KNOWING,
    "timeline_api.show": KNOWING,
    "promises.add": CHANGING,
    "promises.of_person": KNOWING,
    "record.break_glass": BREAKING,
    "record.edit": CHANGING,
    "record.glass": BREAKING,
    "record.here_again": TAKING_BACK,
    "record.lift": KNOWING,
    "record.merge": MERGING,
    "record.not_here": CLOSING,
    "record.restrict": CLOSING,
    "record.save": CHANGING,
    "record.unmerge": MERGING,
    "record_api.break_glass": BREAKING,
    "record_api.here_again": TAKING_BACK,
    "record_api.lift": KNOWING,
    "record_api.merge": MERGING,
    "record_api.not_here": CLOSING,
    "record_api.restrict": CLOSING,
    "record_api.unmerge": MERGING,
    "same.compare": KNOWING,
    "same.look": KNOWING,
    "same.others": KNOWING,
    "same.say": KNOWING,
    "street_api.record": "YYYY YFFY YFFY YYYY YYYY FFFF FFFF",
    "turned_away.write": "YYYA YYYA YYYA YYYA FFFF FFFF FFFF",
    "who.ask": MATCHING,
    "who.look": MATCHING,
    "who.match": MATCHING,
    "who.name": MATCHING,
}
