"""Which continent a country's code belongs to: a table.

The regions of the United Nations' M49 by ISO 3166-1 alpha-2 code; the United
Kingdom is told apart, as in the published figures. Taiwan and Kosovo, which M49
does not list, are told with their neighbours (ours). Antarctica's territories
and codes that are in no table are other.
"""

from collections.abc import Mapping

UK = "united_kingdom"
OTHER = "other"

_CODES: Mapping[str, str] = {
    "europe": (
        "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GG GI GR HR HU IE IM IS IT JE LI LT "
        "LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK"
    ),
    "africa": (
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY "
        "MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA "
        "ZM ZW"
    ),
    "asia": (
        "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM "
        "MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE"
    ),
    "americas": (
        "AG AI AR AW BB BL BM BO BQ BR BS BV BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GS GT "
        "GY HN HT JM KN KY LC MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI"
    ),
    "oceania": (
        "AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS"
    ),
}

_OF = {code: name for name, codes in _CODES.items() for code in codes.split()} | {"GB": UK}

CONTINENTS = (UK, *_CODES, OTHER)
"""Every continent, the United Kingdom apart."""

WORDS: Mapping[str, str] = {
    UK: "United Kingdom",
    **{name: name.capitalize() for name in _CODES},
    OTHER: "Other",
    "not_known": "Not known",
}


def continent(code: str | None) -> str:
    """Return the continent of a nationality.

    >>> continent("GB"), continent("IE"), continent("ER"), continent("AQ"), continent(None)
    ('united_kingdom', 'europe', 'africa', 'other', 'not_known')
    """
    return "not_known" if code is None else _OF.get(code, OTHER)
