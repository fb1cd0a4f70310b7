"""What made-up people are called and where they live. No person or place is meant."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN: tuple[tuple[str, str], ...] = tuple(
    (name, title)
    for title, names in (
        (
            "Mrs",
            "Margaret Susan Patricia Christine Jean Barbara Ann Joan Sheila Maureen Brenda Pauline Janet",
        ),
        (
            "Ms",
            "Sarah Claire Emma Nicola Joanne Lisa Rachel Rebecca Zoë Siân Renée Chloë Aoife Niamh Caitríona "
            "Priya Ayesha Fatima Shabnam Nadia Ngozi Adaeze Folake Agnieszka Małgorzata Katarzyna Mei Yuki "
            "Amélie Beyoncé Ffion Catrin Angharad Morag Eilidh Anne-Marie Mary-Jane Sophie-Louise",
        ),
        (
            "Miss",
            "Olivia Amelia Isla Ava Mia Lily Poppy Evie Freya Grace Sienna Willow Elsie Daisy Phoebe Anaïs",
        ),
        (
            "Mr",
            "John David Michael Peter Robert Paul Alan Brian Keith Graham Roger Derek Barry Christopher "
            "Andrew Stephen Mark Simon Richard Matthew Daniel James Thomas Oliver Jack Harry George Noah "
            "Leo Arthur Muhammad Ibrahim Yusuf Imran Arjun Rohan Sanjay Chidi Kwame Oluwaseun Łukasz "
            "Krzysztof Wojciech José Nuño Søren Jürgen Seán Pádraig Ciarán Rhys Iwan Gethin Hamish Alasdair "
            "Jean-Luc John-Paul Nguyên",
        ),
        ("Dr", "Helen Elizabeth William Edward Anil Meera"),
        ("Mx", "Alex Sam Robin"),
    )
    for name in names.split()
)

CHILD: tuple[str, ...] = _words(
    "Oliver Amelia Noah Isla George Ava Leo Lily Arthur Mia Muhammad Ivy Theo Florence Luca Rosie Zoë "
    "Aarav Zainab Kacper Zofia Tomos Cerys Fionn Saoirse Ayaan Inaya Renée Chloë Maeve"
)

FAMILY: tuple[str, ...] = _words(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker "
    "White Roberts Green Hall Wood Jackson Clarke Patel Khan Hussain Begum Singh Kaur Ali Ahmed Shah "
    "Sharma Gupta O'Neill O'Brien O'Connor D'Souza McDonald MacLeod McKenzie Campbell Stewart Murray "
    "Fraser Ross Llewellyn Pritchard Ap-Rhys Griffiths Bevan Morgan Okafor Adeyemi Mensah Osei Nwosu "
    "Kowalski Nowak Wiśniewski Zieliński Müller Schröder Dvořák Szabó Popescu Ionescu Ferreira "
    "Gonçalves Núñez García Rossi D'Angelo Papadopoulos Nguyễn Trần Chen Wong Tanaka Kim Yılmaz Şahin "
    "Öztürk Haddad Cohen Levy Featherstonehaugh Cholmondeley Ramsbottom Shufflebottom Butterworth "
    "Arkwright Ollerenshaw Hargreaves Entwistle Sugden Blenkinsop Postlethwaite Trelawney Penhaligon "
    "Nancarrow Polkinghorne Threlkeld Oxenholme Birkbeck Metcalfe Dinsdale Alderson Thackray Ackroyd "
    "Illingworth Murgatroyd Sutcliffe Barraclough Holroyd Ng Li Ho de-Souza Van-der-Berg Le-Fèvre "
    "St-John"
)

LONG_FAMILY = (
    "Featherstonehaugh-Cholmondeley-Marjoribanks",
    "Wolfeschlegelsteinhausenbergerdorff-Postlethwaite",
    "Plunkett-Ernle-Erle-Drax-Fotheringham-Thistlethwaite",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch-Williams",
)

LONG_GIVEN = (
    "Maximiliana-Wilhelmina-Alexandrina",
    "Bartholomew-Montgomery-Fitzgerald",
    "Oluwatobiloba-Ayomipo",
)

STREETS: tuple[str, ...] = (
    *("High Street", "Station Road", "Church Lane", "Mill Lane", "Victoria Road", "Green Lane", "Park Road"),
    *("Kings Road", "Manor Road", "The Crescent", "School Lane", "Queen Street", "Beech Grove", "Oak Avenue"),
    *("Chapel Hill", "Springfield Road", "Windsor Close", "Back Lane", "Canal Wharf", "St Mary's Terrace"),
    *("Heol y Felin", "Larch Drive", "Moorside", "Prospect Place", "Railway Cottages", "Wellington Street"),
)

TOWNS: tuple[tuple[str, str, str], ...] = (
    ("Harrogate", "HG1", "0113 496 0"),
    ("Leeds", "LS6", "0113 496 0"),
    ("Bristol", "BS6", "0117 496 0"),
    ("Cardiff", "CF11", "029 2018 0"),
    ("Manchester", "M20", "0161 496 0"),
    ("Edinburgh", "EH10", "0131 496 0"),
    ("Birmingham", "B17", "0121 496 0"),
    ("Newcastle upon Tyne", "NE3", "0191 498 0"),
    ("Glasgow", "G12", "0141 496 0"),
    ("Liverpool", "L18", "0151 496 0"),
    ("London", "SE22", "020 7946 0"),
    ("Nottingham", "NG5", "0115 496 0"),
)
"""Town, postcode district, and the beginning of the numbers that Ofcom keeps there for drama."""

PRACTICE_NAMES = (
    *("Bridge Street Dental", "The Old Bakery Dental Practice", "Riverside Smiles", "Park View Dental Care"),
    *("Castle Gate Dentistry", "Station Square Dental", "Abbey Dental Studio", "Cathedral Row Dental"),
    *("Quayside Dental", "Meadow Lane Dental Care", "Clock Tower Dental", "St Anne's Dental Practice"),
)

TREATMENTS: tuple[tuple[str, int], ...] = (
    ("Examination", 2680),
    ("Scale and polish", 7300),
    ("White filling", 16500),
    ("Crown", 69500),
    ("Root canal treatment", 54000),
    ("Whitening", 39500),
    ("Clear aligners", 285000),
    ("Implant", 249500),
    ("Night guard", 18500),
    ("Veneer", 59500),
)
"""What was done or planned, and its price in pence."""

TAGS = ("membership plan", "nervous patient", "implant interest", "aligner interest", "staff family", "VIP")

BY_NAMES = ("Riley Shaw", "Jo Bell", "Sam Reed", "Dee Okafor", "Website form")

HOW_IN = (
    "Ticked the box on the new-patient form",
    "Said yes at reception when asked",
    "Signed up on the website",
    "Ticked the box on the medical history form",
)
HOW_OUT = (
    "Said so at reception",
    "Rang and asked us to stop",
    "Unticked the box on the form",
    "Replied STOP",
)

WORDING = (
    "I would like to hear about offers and news from the practice by {channel}. "
    "I can change my mind at any time."
)
