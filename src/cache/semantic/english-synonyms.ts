/**
 * Sets of words that may stand for one another in a question, parted by ";". Compared as lemmas.
 * Written for this project: sets are kept narrow, because two words of one set are read as the same word.
 */
export const ENGLISH_SYNONYMS = `
good best great excellent top nice ideal perfect optimal greatest finest recommended favorite favourite
bad worst terrible awful poor horrible; begin start commence initiate; end finish conclude terminate; buy purchase
get obtain receive acquire; improve enhance better boost; increase raise; reduce decrease lessen lower minimize
fix repair solve resolve troubleshoot; remove delete erase eliminate; create make build construct produce generate develop
use utilize employ utilise; help assist aid; need require; want wish desire; choose select pick; kid child; movie film
picture photo photograph pic; car automobile vehicle; job occupation employment; company firm corporation business; country nation
big large; huge enormous giant massive; small little tiny; fast quick rapid speedy; smart intelligent clever; angry furious mad
happy glad joyful; sad unhappy; rich wealthy; scared afraid frightened fearful; grateful thankful; religious spiritual; outspoken vocal
organized organised tidy orderly; brave courageous; cautious careful; modest humble; optimistic hopeful; anxious worried nervous
stupid dumb; funny humorous hilarious; strange weird odd; famous popular; important significant crucial vital
difficult hard tough challenging; easy simple effortless; correct right accurate; wrong incorrect; answer reply response respond
ask inquire enquire; speak talk; say state tell; show display demonstrate; explain clarify; describe depict; learn study; teach instruct
fat overweight; cheap inexpensive affordable; expensive costly; doctor physician; lawyer attorney; teacher instructor
boss manager supervisor; woman lady; man guy gentleman; girlfriend gf; boyfriend bf; spouse partner; mother mom mum; father dad
parent folks; pee urinate; tire tyre; vacation holiday; trip journey; travel travelling traveling; hotel inn; house home; apartment flat
road street; city town; store shop; money cash; price cost; salary wage pay; income earnings; tip advice suggestion recommendation
way method approach technique manner; reason cause; result outcome consequence effect; impact influence; advantage benefit pro upside merit
disadvantage drawback con downside demerit; difference distinction; similar alike; same identical; example instance; problem issue trouble
error mistake bug; task assignment; option choice alternative; goal aim objective target; purpose function; meaning definition
kind type sort category; part portion piece; part component; feature characteristic trait; property attribute; amount quantity
total overall; full complete entire whole; begin beginning; beginner novice newbie starter; expert specialist professional; skill ability
chance probability likelihood odds; rule regulation; law legislation; test exam examination; school academy; university college
degree diploma; book novel; author writer; song track; game match; team squad; player athlete
phone smartphone cellphone cell mobile telephone; laptop notebook; computer pc; program software application app; website site webpage
internet web; email mail e-mail; password passcode; account profile; picture image; video clip; folder directory; document doc; code script
function method; argument parameter; database db; delete remove; upgrade update; install setup; launch run execute; stop halt cease quit
prevent avoid; allow permit enable let; ban forbid prohibit outlaw; change alter modify; convert transform transformation conversion
swap exchange; replace substitute; join combine merge; split divide separate; connect link; send transmit; keep retain preserve maintain
store save; find locate discover; search seek look-for; check verify validate confirm; test try; compare contrast; calculate compute
measure gauge; estimate approximate; choose choice; happen occur; live reside; die decease pass-away; kill murder; illness disease sickness
medicine medication drug; pain ache; tired exhausted weary; sick ill; healthy fit; diet nutrition; eat consume; drink beverage; meal dish
dinner supper; delicious tasty; recipe formula; dog puppy; cat kitten; beautiful pretty gorgeous; attractive handsome
cause lead-to result-in; affect influence impact; believe think; understand comprehend grasp; understanding comprehension; remember recall
forget forgot; allow authorize; know aware; guess speculate; hate detest dislike; love adore; enjoy like; meet encounter; visit tour
leave depart; arrive reach; return comeback; fall drop; rise climb; win triumph; lose loss; lose loose; own possess; belong pertain
gift present; party celebration; wedding marriage; friend buddy pal; enemy foe; war conflict; fight battle; peace calm; leader chief
president potus; election vote; citizen national; government administration; tax duty; company employer; worker employee staff
career profession; interview screening; resume cv; boss employer; startup venture; investor backer; invest investing investment; stock share
profit gain; debt loan; bank lender; currency coinage; worldwide global international; usa us america united-states american u.s u.s.a
uk britain united-kingdom british u.k; india indian; france french; germany german; china chinese; japan japanese; korea korean
russia russian; spain spanish; ai artificial-intelligence; ml machine-learning; nlp natural-language-processing; js javascript
ts typescript; py python; postgres postgresql; k8s kubernetes; db database; os operating-system; ui user-interface; meth methamphetamine
tv television; fridge refrigerator; bike bicycle; plane airplane aeroplane aircraft; ad advertisement advert; info information
math maths mathematics; lab laboratory; gym fitness-center; application app; approx approximately around roughly; vs versus; max maximum
min minimum; km kilometer kilometre; cm centimeter centimetre; mm millimeter; kg kilogram kilo kgs; g gram; lb pound lbs; ft feet foot
mi mile; mph miles-per-hour; hr hour hrs h; min minute mins; sec second s secs; gb gigabyte; mb megabyte; percent % pct percentage
dollar $ usd buck; euro € eur; rupee ₹ rs inr; yen ¥ jpy; won ₩ krw; january jan; february feb; march mar; april apr; june jun; july jul
august aug; september sep sept; october oct; november nov; december dec; monday mon; tuesday tue tues; wednesday wed; thursday thu thurs
friday fri; saturday sat; sunday sun; fluent fluently; opportunity prospect; traveler traveller; according per; tutorial guide walkthrough
manual handbook; library framework package; basic rudimentary elementary fundamental; knowledge understanding; assume presuppose suppose
specify indicate designate; define definition; contain include; provide offer supply give; serve act; accomplish achieve attain
complete fulfill; ensure guarantee; require necessitate; perform conduct carry-out; iterate loop; exceed surpass; dataset data-set
add append insert; available accessible; various multiple several numerous; benefit advantage; expedite accelerate speed-up
investigate explore investigation exploration examine; yield return; interpret parse; process handle; scan read; load import
old aged elderly; necessary essential; entire all; rate ratio; quit resign; hire recruit; fire dismiss; forthcoming upcoming; trust rely
post submit; symptom sign; treat cure; weather climate; rain rainfall; trash garbage rubbish; movie-theater cinema; chef cook
soccer football; jail prison; thief robber; cop police policeman; ocean sea; stone rock; hill mountain; forest woods; shut close; couch sofa
hug embrace; present current; bring carry; tidy clean; assignment homework; argue quarrel; annoy irritate; annoying irritating; allow let
cute adorable; noisy loud; calm relaxed; shy timid; lazy idle; polite courteous; rude impolite; honest truthful; sincere genuine
loyal faithful; wise sage; strong powerful; weak feeble; thin skinny slim; quiet silent; boring dull; crazy insane; evil wicked
fun enjoyable; enthusiastic eager; selfish self-centered; generous giving; confident self-assured; conservative traditional
friendly amicable; lonely alone; jealous envious; sexy hot; curious inquisitive; secular nonreligious; progressive liberal; arrogant haughty
hardworking diligent industrious; bored uninterested; humorous comical
`;
