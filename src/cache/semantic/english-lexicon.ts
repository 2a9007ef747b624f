/** Irregular forms, one lemma a line: lemma, past forms, participles, other forms. Written for this project. */
export const IRREGULAR_FORMS = `
be was,were been is,are,am,being,'m,'re
have had had has,having
do did done does,doing
go went gone goes,going
get got gotten,got
make made made
take took taken
give gave given
come came come
see saw seen
know knew known
think thought thought
find found found
tell told told
become became become
leave left left
feel felt felt
bring brought brought
buy bought bought
begin began begun
keep kept kept
hold held held
write wrote written
stand stood stood
hear heard heard
let let let letting
mean meant meant
set set set setting
meet met met
pay paid paid
sit sat sat sitting
speak spoke spoken
lie lay lain lying
lead led led
grow grew grown
lose lost lost losing
fall fell fallen
send sent sent
build built built
understand understood understood
draw drew drawn
break broke broken
spend spent spent
cut cut cut cutting
rise rose risen
drive drove driven
wear wore worn
choose chose chosen choosing
eat ate eaten
drink drank drunk
win won won winning
steal stole stolen
sell sold sold
teach taught taught
catch caught caught
fight fought fought
forget forgot forgotten
sleep slept slept
swim swam swum
sing sang sung
ride rode ridden
run ran run running
fly flew flown flies
throw threw thrown
hide hid hidden
bite bit bitten
shoot shot shot
wake woke woken
shake shook shaken
freeze froze frozen
seek sought sought
deal dealt dealt
dream dreamt dreamt
learn learnt learnt
burn burnt burnt
bend bent bent
lend lent lent
hang hung hung
stick stuck stuck
strike struck struck
swear swore sworn
tear tore torn
feed fed fed
bleed bled bled
breed bred bred
shut shut shut shutting
hit hit hit hitting
hurt hurt hurt
put put put putting
read read read
cost cost cost
quit quit quit quitting
use used used using
child   children
person   
man   men
woman   women
foot   feet
tooth   teeth
mouse   mice
life   lives
wife   wives
knife   knives
leaf   leaves
half   halves
datum   data
criterion   criteria
analysis   analyses
crisis   crises
thesis   theses
hypothesis   hypotheses
phenomenon   phenomena
index   indices,indexes
bus   buses
gas   gases
virus   viruses
bonus   bonuses
this   these
that   those
die died died dying,dies
tie tied tied tying,ties
use used used uses
cause caused caused causes,causing
size sized sized sizes
case   cases
house   houses
purchase purchased purchased purchases,purchasing
increase increased increased increases,increasing
decrease decreased decreased decreases,decreasing
release released released releases,releasing
disease   diseases
course   courses
language   languages
image   images
message   messages
change changed changed changes,changing
movie   movies
cookie   cookies
calorie   calories
live lived lived living
`;

/** Words that only hold a sentence together. */
export const GLUE_WORDS = `a an the of in on at by to for with as into onto about from is are am be been being was were do does did doing done has have had having
will would shall it its that this these those there here i you we one me my your our us myself yourself ourselves mine yours ours
and or but so if then whether because which what who whom whose that's some any please such via per upon regarding concerning s`;

/** Adverbs and openers that leave an answer as it is. */
export const FILLER_WORDS = `actually really literally basically essentially somehow indeed just simply exactly honestly seriously truly even ever so very
also perhaps maybe probably kindly oh hey hi hello thanks thank um uh currently anyway generally normally usually typically
definitely certainly obviously clearly specifically particularly especially overall therefore hence thus moreover furthermore however absolutely totally completely`;

/** Words that narrow a question only a little. */
export const LIGHT_WORDS = `way thing some something anything someone anyone everyone various different several kind type sort
get use do have take given explain happen occur exist locate person`;

/** Prepositions and particles whose exchange changes what is asked. */
export const CONTRAST_WORDS = `before after without against under over until since inside outside off up down out away back between among during through except versus than
more less most least fewer only still yet again already both neither either never always not no nor none nothing nobody nowhere without all every each few
above below beyond near behind across past instead unlike despite while when where why how`;

export const LIGHT_PREPOSITIONS = "of in on at by to for with as into onto about from if because";

/** Pairs of opposites, one pair or a small family a line, the two sides parted by "|". */
export const OPPOSITES = `
more most|less least fewer fewest
good best better great top|bad worst worse terrible poor
easy easiest easier simple simplest|hard hardest harder difficult
big large huge biggest largest|small little tiny smallest
high highest higher tall tallest|low lowest lower short shortest
long longest longer|short shortest shorter
fast fastest quick quickest rapid|slow slowest
hot hottest warm|cold coldest cool
cheap cheapest inexpensive affordable|expensive costly priciest
old older oldest ancient|new newer newest young youngest modern
rich richest wealthy|poor poorest
strong strongest|weak weakest
early earliest earlier|late latest later
true right correct|false wrong incorrect
start begin|stop end finish
open|close shut
buy purchase|sell
increase raise grow rise gain|decrease lower reduce fall shrink drop lose
win|lose
add include|remove exclude delete subtract
enable activate allow permit|disable deactivate forbid ban block prevent
before|after
above over|below under
up|down
in inside indoor|out outside outdoor
on|off
with|without
first|last
always|never
all every|none no
love like|hate dislike
accept|reject refuse
pass succeed|fail
success successful|failure unsuccessful
push|pull
import|export
upload|download
encrypt|decrypt
encode|decode
install|uninstall
connect|disconnect
lock|unlock
import|export
male man men boy father son husband brother he him his|female woman women girl mother daughter wife sister she her hers
advantage benefit pro strength|disadvantage drawback con weakness
legal|illegal
possible|impossible
safe|unsafe dangerous risky
healthy|unhealthy
happy|unhappy sad
positive|negative
maximum max|minimum min
left|right
north northern|south southern
east eastern|west western
public|private
internal|external
ascending|descending
visible|invisible
day|night
morning|evening
married|single divorced
alive living|dead
sender|receiver recipient
employer|employee
teacher|student
parent|child
buyer|seller
lend|borrow
give|take receive
arrive|depart leave
enter|exit leave
remember|forget
cause|effect
question|answer
optimistic|pessimistic
optimist|pessimist
religious|secular
liberal progressive|conservative
patient|impatient
polite|rude impolite
honest|dishonest
confident secure|insecure
powerful|powerless
proud|humble
independent|dependent
hopeful|hopeless
careful cautious|careless reckless
active|passive
lazy|diligent hardworking industrious
smart intelligent clever|stupid dumb
brave courageous|cowardly fearful cautious
fat|thin skinny slim
humble modest|arrogant
generous|stingy selfish
calm|anxious nervous
organized|disorganized
responsible|irresponsible
visible|invisible
specific|vague
invisible|visible
introverted|extroverted outgoing
lucky|unlucky
quiet|loud noisy
clean|dirty
mature|immature
interesting|boring
trusting|suspicious
defensive|offensive
attractive beautiful pretty|ugly
loyal|disloyal
predictable|unpredictable
tolerant|intolerant
sane|insane
rational|irrational
competent|incompetent
`;

/** Relations that hold both ways, as lemmas. */
export const SYMMETRIC_WORDS =
  "marry wed date engage connect relate friend similar same equal differ different difference compare comparison versus meet divorce neighbor partner identical sibling twin between cousin separate distinct distinction roommate colleague resemble";

/** Pairs of common words that one slip of two neighbouring letters turns into each other: never taken for a typing error. */
export const CONFUSABLE_WORDS = `form from|trial trail|dairy diary|angel angle|casual causal|united untied|unite untie|calm clam|sacred scared|quiet quite|who how|no on|two tow
own won|slat salt|marital martial|lion loin|silver sliver|board broad|bread beard|brain brian|art rat|apt pat|tap apt|fired fried|tired tried|best bets|lost lots|cost cots
nuclear unclear|crop corp|mali mail|use sue|barn bran|eat tea|sign sing|signal single|conversation conservation|spilt split|slit silt|caret crate|girl gril|lair liar
ram arm|saw was|sue use|ant nat|bets best|dose does|goes geos|item time|their thier|coats coast|reserve reverse|bear bare|least slate|now own|filed field|file flie|tier tire|fiber fibre|center centre|diet edit|being begin|inverse inevrse|there three|skin sikn|perfect prefect|perscribe prescribe|proscribe prescribe`;
