"""Which column is what: by its name in English, German or Norwegian, else by its content."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# The order within a field is the order of preference. Names are compared without case, spaces and
# punctuation: "Order No." is "orderno".
SYNONYMS: dict[str, str] = {
    "customer": (
        "customerid customerno customernumber customernr custid customerkey clientid userid buyerid memberid "
        "accountid personid contactid kundennummer kundennr kundenid kundeid kundenummer kundenr kdnr kundno "
        "debitor debitornr medlemsnummer medlemsnr brukerid customeremail billingemail email emailaddress mail "
        "kundenemail epost epostadresse customer customername client buyer user member kunde kunden kundenavn "
        "kundename käufer kjøper medlem besteller debitorname billingcompany"
    ),
    "order": (
        "orderid orderno ordernumber ordernr orderkey invoiceno invoiceid invoicenumber invoice transactionid "
        "transactionno receiptid receiptno receiptnumber purchaseid saleid bestellnummer bestellnr bestellid "
        "bestellungsnummer bestellung auftragsnummer auftragsnr auftrag rechnungsnummer rechnungsnr rechnung belegnummer "
        "belegnr bonnummer bonnr ordrenummer ordrenr ordreid bestillingsnummer bestillingsnr fakturanummer fakturanr "
        "faktura kvitteringsnummer kvitteringsnr bilagsnummer order ordre basketid"
    ),
    "time": (
        "orderedat orderdate orderdatetime ordertime orderedon purchasedate purchasedat purchasetime "
        "bestelldatum bestelltam bestellzeit bestelltag auftragsdatum kaufdatum rechnungsdatum belegdatum ordredato "
        "bestillingsdato kjøpsdato fakturadato salgsdato invoicedate transactiondate transactiontime saledate createdat "
        "created datecreated createddate datetime date datum dato datumzeit datooptid datoogtid buchungsdatum "
        "bokføringsdato bokførtdato timestamp zeitpunkt tidspunkt paidat paymentdate bezahltam betaltdato day tag dag time"
    ),
    "amount": (
        "netamount netsales nettotal ordernet nettobetrag nettosumme nettobeløp nettoomsetning netrevenue netto net "
        "ordertotal ordervalue orderamount orderprice bestellsumme bestellwert auftragswert auftragssumme ordresum "
        "ordrebeløp ordreverdi ordretotal totalamount amount betrag beløp total grandtotal totalprice totalpaid "
        "gesamtbetrag gesamtpreis gesamtsumme gesamt rechnungsbetrag summe sum totalsum totalbeløp totalt revenue umsatz "
        "omsetning salg sales salesamount linetotal lineamount linjesum linjebeløp zeilensumme zeilenbetrag "
        "positionssumme bruttobetrag bruttobeløp brutto gross grossamount subtotal amountpaid payment value wert verdi spend"
    ),
    "currency": "currency currencycode ordercurrency währung waehrung währungscode valuta valutakode ccy",
    "quantity": "quantity qty units pieces itemcount menge anzahl stück stueck stk stückzahl antall mengde count",
    "price": (
        "unitprice unitamount priceperunit itemprice productprice einzelpreis stückpreis stueckpreis enhetspris stykkpris "
        "stkpris price preis pris"
    ),
    "status": (
        "status orderstatus orderstate financialstatus paymentstatus bestellstatus auftragsstatus "
        "ordrestatus state type transactiontype doctype belegart dokumenttype transaksjonstype"
    ),
    "discount": "discountamount discount orderdiscount discounttotal rabatt rabattbetrag rabattbeløp nachlass",
    "coupon": "couponcode coupon discountcode vouchercode voucher promocode gutscheincode gutschein rabattcode rabattkode kupong kupongkode",
    "channel": "channel saleschannel orderchannel kanal vertriebskanal verkaufskanal salgskanal",
    "margin": "marginamount margin contributionmargin grossprofit profit deckungsbeitrag rohertrag dekningsbidrag bruttofortjeneste",
    "product": (
        "productid productsku sku stockcode itemid articleid articleno itemno itemnumber productcode artikelnummer artikelnr "
        "artikelid produktnummer produktnr produktid varenummer varenr artnr ean gtin isbn product productname item "
        "itemname article artikel artikelname produkt produktnavn produktname vare varenavn varetekst lineitems"
    ),
    "category": "category productcategory itemcategory kategorie warengruppe produktgruppe kategori varegruppe",
    "line": "linenumber lineno lineid orderline orderlineid position positionsnummer posnr pos linjenummer linjenr linje",
    "refund": (
        "refundedamount amountrefunded refundamount refundtotal refund rückerstattung rueckerstattung erstattung "
        "erstattungsbetrag erstatteterbetrag refundertbeløp refundert refusjon refusjonsbeløp"
    ),
    "refund_time": (
        "cancelledat canceledat refundedat refunddate returnedat returndate cancellationdate stornodatum storniertam "
        "erstattetam kansellertdato kansellert refusjonsdato returdato"
    ),
    "refers": (
        "originalorderid originalorder originalinvoice refersto refundof creditof relatedorder parentorderid "
        "ursprungsbestellung originalbestellung bezugsbeleg ursprungsrechnung opprinneligordre opprinneligordrenummer"
    ),
    "contract": (
        "contractid contractno contractnumber contract subscriptionid subscription vertragsnummer vertragsnr vertragsid "
        "vertrag abonummer abonr aboid abo abonnementsnummer abonnementid abonnement kontraktnummer kontraktnr kontraktid "
        "kontrakt avtalenummer avtaleid avtale policyno policennummer polisenummer"
    ),
    "started": (
        "startedon startedat started startdate startson contractstart subscriptionstart start begin begindate validfrom "
        "vertragsbeginn vertragsstart beginn startdatum gültigab abobeginn startdato avtalestart abonnementsstart fradato gyldigfra fra"
    ),
    "ended": (
        "endedon endedat ended enddate endson contractend subscriptionend end canceledon cancelledon terminationdate validto "
        "validuntil churndate vertragsende ende enddatum gültigbis kündigungsdatum gekündigtam aboende sluttdato avtaleslutt "
        "oppsigelsesdato oppsagtdato tildato gyldigtil slutt"
    ),
    "end_reason": "endreason reason churnreason cancellationreason kündigungsgrund grund oppsigelsesgrunn oppsigelsesårsak sluttårsak årsak",
    "monthly": (
        "monthlyamount mrr monthlyfee monthlyprice pricepermonth monthlyrevenue monatsbetrag monatsbeitrag monatspreis "
        "preispromonat monatlich monatsgebühr månedsbeløp månedspris månedligbeløp prismåned prisprmåned månedsavgift"
    ),
    "first_seen": (
        "firstseenat firstseen signupdate signedupat registeredat registrationdate registered membersince customersince "
        "kundeseit registrierungsdatum registriertam anmeldedatum kundesiden registreringsdato registrert medlemsiden "
        "createdat created datecreated"
    ),
    "acquired_via": "acquiredvia acquisitionchannel utmsource leadsource source herkunft quelle kilde",
    "country": "country countrycode billingcountry shippingcountry land ländercode landkode",
    "language": "language languagecode locale sprache språk",
    "segment": "segment customersegment customergroup kundengruppe kundengruppen kundensegment kundegruppe kundesegment",
}  # fmt: skip

NAMES: dict[str, tuple[str, ...]] = {field: tuple(words.split()) for field, words in SYNONYMS.items()}

_PERSONAL = re.compile(
    r"(e.?mail|e.?post|phone|telefon|tlf|mobil|handy|fax|address|adress|street|straße|strasse|gate|vei|house.?n"
    r"|zip|postcode|postal|plz|postleit|postn|birth|geburt|fødsel|fodsel|iban|bic|card.?n|cardholder|passport"
    r"|ssn|personnummer|tax.?id|\bip\b|ip.?addr|latitude|longitude"
    r"|first.?name|last.?name|full.?name|sur.?name|middle.?name|vorname|nachname|zuname|fornavn|etternavn"
    r"|(customer|client|buyer|user|billing|shipping|contact|cardholder|recipient|member|kunden?|empfänger|mottaker)"
    r".*(name|navn)|^names?$|^navn$|\bnotes?\b|comment|kommentar|bemerkung|merknad|note attributes|\bmessage\b)",
    re.IGNORECASE,
)


def plain_name(header: str | None) -> str:
    """Return a header as it is compared: lower case, letters and digits only.

    Examples
    --------
    >>> plain_name(" Order No. "), plain_name("Beløp (kr)")
    ('orderno', 'beløp')
    """
    text = unicodedata.normalize("NFC", header or "").casefold()
    bare = re.sub(r"[\(\[].*?[\)\]]", "", text)
    kept = re.sub(r"[^\w]|_", "", bare)
    return kept or re.sub(r"[^\w]|_", "", text)


# Casefolding turns ß into ss in the headers, so the names must be folded as well.
_FOLDED = {field: tuple(name.casefold() for name in names) for field, names in NAMES.items()}
_ALL = frozenset(name for names in _FOLDED.values() for name in names)


def known_headers(cells: Iterable[str | None]) -> int:
    """Return how many of the cells are names of columns that are understood."""
    return sum(plain_name(cell) in _ALL for cell in cells if cell)


def attribute_name(header: str) -> str:
    """Return the column name under which an unknown column is kept.

    Examples
    --------
    >>> attribute_name("Customer Type (new)"), attribute_name("2nd visit")
    ('customer_type_new', 'a_2nd_visit')
    """
    text = unicodedata.normalize("NFC", header).casefold()
    name = re.sub(r"[^\w]+", "_", text).strip("_")[:60]
    return name if name[:1].isalpha() else f"a_{name}".rstrip("_")


def is_personal(header: str) -> bool:
    """Return whether a column's name says that it describes a person.

    Examples
    --------
    >>> is_personal("Billing Phone"), is_personal("Lineitem name"), is_personal("Birthday")
    (True, False, True)
    """
    return bool(_PERSONAL.search(header.replace("_", " ")))


def match_names(headers: Sequence[str], fields: Iterable[str], taken: Mapping[str, int]) -> dict[str, int]:
    """Return the best column of each field by name.

    Parameters
    ----------
    headers : sequence of str
        The file's column names.
    fields : iterable of str
        Fields to look for, the most important first: a column serves one field.
    taken : mapping of str to int
        Columns that are decided already.

    Returns
    -------
    dict of str to int
        Field to place of the column; fields without a column are absent.
    """
    plain = [plain_name(header) for header in headers]
    found = dict(taken)
    for field in fields:
        if field in found:
            continue
        used = set(found.values())
        places = (place for name in _FOLDED[field] for place, header in enumerate(plain) if header == name)
        place = next((place for place in places if place not in used), None)
        if place is not None:
            found[field] = place
    return found


_COMPACT_DAY = re.compile(r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
_DATE = re.compile(r"^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ,].*)?$")


def looks_like_date(cell: str) -> bool:
    """Return whether a cell reads as a day with separators."""
    return bool(_DATE.match(cell.strip()))


def looks_like_compact_day(cell: str) -> bool:
    """Return whether a cell reads as a day without separators, as 19970131.

    A number of a customer or an order may look the same, so a date with separators goes first.
    """
    return bool(_COMPACT_DAY.match(cell.strip()))


def looks_like_data(cells: Sequence[str]) -> bool:
    """Return whether a first row is data already: it holds a date and no known name."""
    return known_headers(cells) == 0 and any(
        looks_like_date(cell) or looks_like_compact_day(cell) for cell in cells if cell
    )


def match_content(
    headers: Sequence[str], sample: Sequence[Sequence[str | None]], found: dict[str, int]
) -> None:
    """Fill in customer, time and amount by what the columns hold, where exactly one column fits.

    Parameters
    ----------
    headers : sequence of str
        The file's column names.
    sample : sequence of sequence
        First rows of the file.
    found : dict
        Fields known so far; completed in place.
    """
    columns = {
        place: [row[place] or "" for row in sample if row[place]]
        for place in range(len(headers))
        if place not in found.values()
    }

    def share(place: int, test: object) -> float:
        values = columns[place]
        return sum(map(test, values)) / len(values) if values else 0.0  # type: ignore[call-overload]

    if "time" not in found:
        dates = [place for place in columns if share(place, looks_like_date) >= 0.9]
        dates = dates or [place for place in columns if share(place, looks_like_compact_day) >= 0.9]
        if len(dates) == 1:
            found["time"] = dates[0]
            del columns[dates[0]]
    if "customer" not in found:
        mails = [place for place in columns if share(place, lambda cell: "@" in cell) >= 0.9]
        if len(mails) == 1:
            found["customer"] = mails[0]
            del columns[mails[0]]
    if "amount" not in found and not {"quantity", "price"} <= found.keys():
        decimal = re.compile(r"^\D{0,5}-?[\d.,' ]*\d[.,]\d{2}\D{0,5}$")
        amounts = [place for place in columns if share(place, lambda cell: bool(decimal.match(cell))) >= 0.5]
        if len(amounts) == 1:
            found["amount"] = amounts[0]
            del columns[amounts[0]]
    if "customer" not in found and {"time", "amount"} <= found.keys():
        ids = [place for place in columns if _id_like(columns[place], len(sample))]
        if len(ids) == 1:
            found["customer"] = ids[0]


def _id_like(values: Sequence[str], rows: int) -> bool:
    """Return whether a column could hold customers: filled, without spaces, more than a few of them."""
    if len(values) < 0.9 * rows or any(" " in value or looks_like_date(value) for value in values):
        return False
    wide = sum(len(value) >= 3 for value in values) >= 0.5 * len(values)
    return len(set(values)) > 2 and wide
