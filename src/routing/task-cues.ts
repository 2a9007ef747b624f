/** What a request asks of a model. */
export type Task = "generation" | "classification" | "summarization" | "extraction" | "conversation" | "reasoning" | "coding";

export const TASKS: readonly Task[] = [
  "generation",
  "classification",
  "summarization",
  "extraction",
  "conversation",
  "reasoning",
  "coding",
];

/** Words that speak for a task where they stand in what is asked, in English and Korean; how much each group counts is learned. */
const CUES: readonly RegExp[] = [
  // generation: writing
  /\b(?:write|draft|compose|re-?write|paraphrase|proofread|rephrase|reword|brainstorm|copywriter|come up with|suggest (?:a|an)|generate an?|create an?|make a list|complete the|continue|replace all|reply to)\b|작성|써\s?(?:줘|주세요|라|서)|지어\s?줘|다듬|다시 써|바꿔 써|만들어|완성|이어서/g,
  // generation: translating
  /\btranslat|\b(?:in|into|to) (?:french|german|spanish|italian|english|korean|japanese|chinese|portuguese|dutch)\b|번역|(?:어로|말로) (?:옮|바꿔)/g,
  // generation: kinds of text
  /\b(?:poem|haiku|limerick|story|essay|e-?mail|letter|blog|post|slogans?|captions?|lyrics|speech|toast|screenplay|newsletter|advert\w*|press release|description|copy|tone|names for|titles?)\b|(?:시|소설|동화|편지|이메일|메일|가사|연설문|축사|문구|홍보|광고|안내문|공고문|보도자료|자기소개서|독후감|대본|시나리오|머리말|말투|카피)(?:를|을|로|의|에|\s|$)/g,
  // classification
  /\bclassif|\bsentiment|\bcategor|\blabel|\bspam\b|\bphishing|\bintents?\b|\bpositive\b|\bnegative\b|\bneutral\b|\btrue or false|\byes or no|\byes\/no|\btoxic|\bpriority\b|\bduplicate|\bentail|\bmoderat|\brelevan|\bflag\b|\bclickbait|\bformal or|\bfact or|\bstar rating|\b(?:whether|(?:decide|predict|identify|detect|tell me|determine) if)\b|\bor not\b|\boutput (?:yes|no|true|false|0|1)\b|[은는인]지|참인|거짓인|분류|감정|긍정|부정|스팸|라벨|판별|판단해|판정|구분|의도|예\/아니|여부|별점|태그|카테고리|유형/g,
  // classification: a closed set to choose from
  /\b(?:one of|which of (?:these|the following)|which (?:category|label|department)|either|is (?:this|the following|the)\b[^.?!\n]{0,60}\bor\b|answer with|respond with|reply with|output (?:only|one))|\b\w+, \w+(?:,| or| and) \w+[.?:)]|[[{]\w+(?:, ?\w+)+[\]}]|중 (?:하나|에서|어디)|골라|고르|선택하|(?:으로|로)만 (?:답|출력)|하나만/g,
  // summarization
  /\bsummar|\btl;?dr\b|\bkey (?:points?|takeaways)|\btakeaways|\brecap\b|\bgist\b|\bsynopsis|\babstract\b|\bcondense|\bdigest\b|\bsum up|\bboil\b|\bshorten|\babridge|\bcompress|\bnutshell|\bshort version|\boverview|\bminutes\b|\bmain (?:points|arguments|ideas?)|\bessentials|요약|간추|핵심|요점|정리|줄거리|압축|축약|추려|줄여|중심 내용|개요|짧게|간단히|간략/g,
  // extraction
  /\bextract|\bpull (?:out|the)|\blist (?:all|every|the)|\bfind all|\bparse\b|\bnamed entit|\bfields?\b|\bjson\b|\bcsv\b|\bkeys?\b|\bfill in|\bverbatim|\btriples?\b|\bcollect every|\bline items|\bexact span|\bkeywords\b|\bcopy out|\bidentify (?:all|every|the)\b|\bmentions?\b|\bmentioned\b|추출|뽑|찾아|개체명|채워|나열|json|csv|키워드|나오는|언급된|값만/gi,
  // reasoning: mathematics
  /\b(?:solve|prove|proof|show that|probability|calculate|compute|determine|equations?|integral|derivative|differentiate|evaluate|expected value|how (?:many|much|long|far)|sequence|smallest|largest)\b|[=²³√∫]|\bx\^|구하|증명|확률|계산|풀이|풀어|방정식|기댓값|경우의 수|수열|미분|값은|고르시오|옳은|추정|요일|몇\s?(?:분의|개|명|시간|살|퍼센트|%|km|번)|얼마인가|%인가|넓이|가속도/g,
  // reasoning: argument and plan
  /\b(?:step by step|reason\w*|logic\w*|valid|follow that|justify|trade-?offs|compare|weigh|assumptions|plan|schedule|feasible|cause|diagnosis|argue|why|rational|scenarios|better choice|which is better|explain your)\b|단계별|논리|추론|따져|비교|분석|이유|근거|판단해|타당|결론|일정|유리|인과|거짓말/g,
  // coding
  /```|c\+\+|\b(?:functions?|program|linked list|binary tree|leetcode|c#|code|coding|bug|debug|python|javascript|typescript|java|rust|golang|kotlin|haskell|sql|query|regex|regular expression|refactor|unit tests?|compile\w*|stack trace|api|endpoint|docker\w*|git|github|react|css|html|bash|script|repository|algorithm|class method|array|database|postgres|mysql|server|component|flask|fastapi|pandas|exception|workflow|kubernetes|pods?|rebase|commits?|merge conflict|npm|node|linux|shell|cli|backend|frontend|loop|variable|syntax|type ?error|segfault|hooks?|command line|flexbox)\b|프로그램|코드|함수|버그|파이썬|자바|쿼리|정규식|정규표현|리팩|구현|컴파일|에러|오류|스크립트|타입스크립트|코틀린|배열|크롤러|저장소|커밋|도커|쿠버네티스|렌더링|반복문|쿼리|테스트 (?:코드|케이스)|시간 복잡도/g,
  // conversation
  /\b(?:hi|hello|hey|thanks|thank you|lol|haha|yeah|yes please|ok|okay|i'm|i am|my|me|do you|are you|what's up|you think|good morning|curious|recommend|role-?play|pretend|chat\w*|companion|friendly|stay in character|assistant)\b|안녕|고마|반가|[ㅋㅎㅠ]{2,}|(?:^|\s)(?:너|넌|너는|나|난|나는|네|응|음|아)(?:\s|\.|$)|요즘|기분|심심|추천|어때|좋을까|좋아|할까|상담|챗봇|말동무|역할극|반말/g,
  // conversation: a plain question of fact
  /^(?:who|what|when|where|which|how|is|are|do|does|can|could|should)\b[^\n]{0,90}\?\s*$|^[^\n]{0,50}(?:뭐야|어디야|누구야|언제야|야|니|까|나요|가요|어|을까|지)\?\s*$/g,
];

/** Signs of program text anywhere in a request. */
const PROGRAM =
  /```|\bdef \w{1,40}\(|=>|;\s*\n|\{\s*\n|\bimport \w|#include|\bSELECT\b[^\n]{1,80}\bFROM\b|\bCREATE TABLE\b|\breturn [\w(]|\bconst \w|\bclass \w{1,40}[ :({]|\w\(\)|Traceback|^\s*at \w+|@\w+[.(]|\b\w+\(\w+(?:, \w+)+\)|\b[a-z]{1,30}_[a-z_]{1,40}\b|\b[a-z]{1,20}[A-Z][a-z]\w*|\bfunction\b[^\n]{0,40}\(/g;
const OPTION_LINE = /^[ \t]*\(?(?:[A-E]|[1-5])[.):][ \t]*\S/gm;
const NUMBER = /\d+(?:[.,]\d+)*/g;

/** How many cue groups there are. */
export const CUE_COUNT = CUES.length;

/** How often each group of cues stands in a text, on a logarithmic scale. */
export function cuesOf(text: string): number[] {
  const lower = text.toLowerCase();
  return CUES.map((cue) => Math.log2(1 + (lower.match(cue)?.length ?? 0)));
}

/** Counts of program text, options of a multiple choice, and numbers, on a logarithmic scale. */
export function signsOf(text: string): [program: number, options: number, numbers: number] {
  const count = (pattern: RegExp) => Math.log2(1 + (text.match(pattern)?.length ?? 0));
  return [count(PROGRAM), count(OPTION_LINE), count(NUMBER)];
}
