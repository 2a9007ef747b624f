/**
 * Pairs of questions written for this project, for checking the verifier: "=" one answer is right for both, "!" it is not.
 * One pair a line, the two sides parted by "||".
 */
const PAIRS = `
= How do I reset my password? || What is the way to reset my password?
= How can I cancel my subscription? || What steps do I take to cancel my subscription?
= How do I sort a list in Python? || What's the best way to sort a list in Python?
= Where can I buy cheap flight tickets? || Where can I purchase inexpensive flight tickets?
= What is the capital of France? || Can you tell me the capital of France?
= Explain how photosynthesis works. || How does photosynthesis work?
= What causes headaches? || Why do headaches happen?
= How long does it take to fly from London to Tokyo? || How much time does it take to fly from London to Tokyo?
= When was the Eiffel Tower built? || In what year was the Eiffel Tower built?
= Who wrote Hamlet? || Who is the author of Hamlet?
= How many people live in Canada? || What is the number of people who live in Canada?
= What are the symptoms of diabetes? || What are the signs of diabetes?
= How do I lose weight quickly? || What is the fastest way to lose weight?
= What is machine learning? || What's ML?
= Please explain recursion to me. || Can you explain recursion?
= What are some good books about history? || Can you recommend good books about history?
= What should I do to improve my writing? || How can I improve my writing?
= How do you make pancakes? || How do I make pancakes?
= Is it possible to learn piano in three months? || Can I learn piano in 3 months?
= What's the difference between TCP and UDP? || How does TCP differ from UDP?
= What is the difference between cats and dogs? || What is the difference between dogs and cats?
= Why is the sky blue? || What is the reason the sky is blue?
= How do I remove a file in Linux? || How can I delete a file in Linux?
= What is the price of a Tesla Model 3? || How much does a Tesla Model 3 cost?
= hello, could you tell me how to bake bread please? || How do I bake bread?
= How to center a div in CSS || how do i center a div in css?
= What are the benefits of drinking water? || What are the advantages of drinking water?
= How do I start a company? || How can I begin a business?
= Should I buy a laptop or a desktop? || Should I buy a desktop or a laptop?
= Is Paris bigger than Rome? || Is Rome smaller than Paris?
= Did Anna write the letter? || Was the letter written by Anna?
= What movies did Tarantino direct? || Which films did Tarantino direct?
= How do I fix a flat tire? || How can I repair a flat tyre?
= What is the meaning of ubiquitous? || What does ubiquitous mean?
= How do I install Docker on Ubuntu? || What's the process for installing Docker on Ubuntu?
= Are tomatoes a fruit? || Is a tomato a fruit?
= What is your favorite color? || What's your favourite colour?
= How do I get rid of ants in my kitchen? || How can I remove ants from my kitchen?
= Which laptop is best for students? || What is the best laptop for students?
= What are the side effects of aspirin? || Does aspirin have side effects?
= Can dogs eat chocolate? || Is it possible for dogs to eat chocolate?
= I want to know how to invest in stocks. || How do I invest in stocks?
= Who is the president of Brazil right now? || Who is the current president of Brazil?
= How can I talk to girls? || How do I speak to girls?
= How do plants make food? || How is food made by plants?
= What are the rules of chess? || Explain the rules of chess.
= How do I write a cover letter? || How should one write a cover letter?
= For Python, which editor is best? || Which editor is best for Python?
= What's the population of Seoul? || What is Seoul's population?
= What is the best time to visit Japan? || When is the best time to visit Japan?
= How can I become more confident? || How can I become less insecure?
= Why don't cats like water? || Why do cats hate water?
= How do I change my email address? || What is the procedure to change my e-mail address?
= What happens if I miss a payment? || What will happen if I miss a payment?
= What does HTTP 404 mean? || What is the meaning of HTTP 404?
= Give me tips for a job interview. || What are some tips for a job interview?
= The function returns a list of users. || A list of users is returned by the function.
= You can use the option to skip the cache. || The option can be used to skip the cache.
= The parameter specifies the path of the file. || The path of the file is specified by the parameter.
= The library provides tools for reading large files. || Tools for reading large files are provided by the library.
= To build the project, run the install script first. || Run the install script first to build the project.
= The method is used to convert text into numbers. || The method serves to transform text into numbers.
= When the flag is set, the server restarts. || The server restarts when the flag is set.
= This class is responsible for loading and parsing data. || The purpose of this class is to load and parse data.
= Users may obtain the report by visiting the site. || Users can get the report by visiting the website.
= The aim of the guide is to assist beginners in learning Rust. || The goal of the guide is to help novices learn Rust.
= It allows developers to create tables quickly. || It enables developers to build tables fast.
= The script should have the same name as the folder. || The script should have the same name as the directory.
= Streaming lets you work with datasets without downloading them. || With streaming you can work with datasets without needing to download them.
= 비밀번호를 어떻게 변경하나요? || 비밀번호 변경 방법 알려주세요
= 서울에서 부산까지 얼마나 걸려요? || 서울에서 부산까지 얼마나 걸리나요?
= 파이썬에서 리스트를 정렬하는 방법이 뭐야? || 파이썬에서 리스트를 어떻게 정렬해?
= 회원 탈퇴는 어떻게 하나요? || 회원 탈퇴 어떻게 해요?
= 오늘 날씨 어때? || 오늘 날씨는 어떤가요?
= 김치찌개 만드는 법 알려줘 || 김치찌개는 어떻게 만들어요?
= 영화를 추천해줘 || 영화 추천해 주세요
= 이 근처에 좋은 식당이 있나요? || 이 근처에 좋은 음식점 있어요?
= 여행을 가고 싶어 || 여행 가고 싶다
= 잠이 안 와요 || 잠이 안 와
= 주문을 취소하고 싶어요 || 주문 취소하고 싶습니다
= 환불은 언제 되나요? || 환불 언제 돼요?
= 남자친구랑 헤어졌어 || 남친이랑 헤어졌어요
= 숙소가 정말 깨끗했어요 || 숙소가 매우 깨끗했습니다
= 호스트가 친절합니다 || 호스트님이 너무 친절해요
= 한 남자가 기타를 치고 있다. || 남자가 기타를 연주하고 있다.
= 아이들이 공원에서 놀고 있다. || 공원에서 아이들이 놀고 있다.
= 배송 조회는 어디서 하나요? || 배송 조회 어디서 해요?
= 다이어트 어떻게 하지? || 다이어트는 어떻게 해야 할까?
= 요즘 너무 힘들어 || 요즘 힘들다
= 내일 비가 오나요? || 내일 비 와?
= 와이파이가 안 돼요 || 와이파이 안 됩니다
= 역에서 걸어서 5분 거리입니다 || 역에서 도보로 5분 거리예요
= 대한민국의 수도는 어디인가요? || 한국의 수도는 어디야?
= 이력서를 어떻게 작성하나요? || 이력서 쓰는 방법이 궁금해요
! How do I reset my password? || How do I reset my router?
! How many cups are in a liter? || How many cups are in a gallon?
! Is Anna Smith an engineer? || Is Anna Smith a retired engineer?
! Is Anna Smith an engineer? || Is Anna Smith becoming an engineer?
! Is Anna Smith an engineer and a lawyer? || Is Anna Smith an engineer or a lawyer?
! Is Tom Reed an actor or a singer? || Is Tom Reed simultaneously an actor and a singer?
! What was Maria's life before becoming a nurse? || What was Maria's life after becoming a nurse?
! I hurt my knee last time I played soccer. Is this a common injury? || I hurt my elbow last time I played soccer. Is this a common injury?
! I have a cat. Is it safe to use this spray? || I have a bird. Is it safe to use this spray?
! What is the height of Mount Fuji? || What is the age of Mount Fuji?
! What is the capital of Australia? || What is the population of Australia?
! Are tigers bigger than lions? || Are lions bigger than tigers?
! Is Laura loyal to Kevin? || Is Kevin loyal to Laura?
! Did Laura hit Kevin? || Was Laura hit by Kevin?
! Is it legal to smoke in Japan? || Is it illegal to smoke in Japan?
! What are things a student should worry about? || What are things a student should not worry about?
! How can I become a person who is not afraid? || How can I become a person who is afraid?
! Did Tom use to be a teacher? || Is Tom a teacher?
! Will Tom be a teacher? || Was Tom a teacher?
! What should I eat before a workout? || What should I eat after a workout?
! How do I convert miles to kilometers? || How do I convert kilometers to miles?
! Who is the CEO of Apple? || Who was the first CEO of Apple?
! Who invented the telephone? || When was the telephone invented?
! Where is the Nile? || How long is the Nile?
! How do I move from New York to Boston? || How do I move from Boston to New York?
! Can I take ibuprofen with alcohol? || Can I take ibuprofen without alcohol?
! How do I increase my blood pressure? || How do I lower my blood pressure?
! What is 15 plus 27? || What is 15 plus 28?
! How do I enable dark mode? || How do I disable dark mode?
! Is it cheaper to rent than to buy? || Is it cheaper to buy than to rent?
! Write a poem about autumn. || Write a poem about spring.
! Write a short story about a dog. || Write a long story about a dog.
! Translate to German: I am tired || Translate to German: I was tired
! Summarize the text: The cat sat. || Summarize the text: The dog sat.
! How do I merge two arrays in Java? || How do I merge two arrays in JavaScript?
! How do I upload a file to S3? || How do I download a file from S3?
! What is the maximum file size? || What is the minimum file size?
! Is my flight on Monday delayed? || Is my flight on Friday delayed?
! What does my contract say? || What does your contract say?
! Do you like cats? || Do I like cats?
! Why did the Roman Empire rise? || Why did the Roman Empire fall?
! How do I grow tomatoes indoors? || How do I grow tomatoes outdoors?
! How old is the oldest tree? || How old is the tallest tree?
! What is the best phone? || What is the best phone case?
! How do I teach my child to read? || How do I teach my child to read music?
! Should I invest in gold? || Should I invest in gold now or wait until next year?
! What is Python? || What is Python used for?
! What is the population of Georgia? || What is the population of the state of Georgia?
! Can you lock a file? || Can you unlock a file?
! Why is my dog barking? || Why is my dog not barking?
! How often should I water a cactus? || When should I water a cactus?
! Is tea healthier than coffee? || Is coffee healthier than tea?
! Is he taller than her? || Is she taller than him?
! If Tom and Ann were married, would his family be happy? || If Tom and Ann were married, would her family be happy?
! How do I write a resignation letter? || How do I write a recommendation letter?
! Which stocks are safe? || Which bonds are safe?
! How can I help my father quit smoking? || How can I help my mother quit smoking?
! What are the symptoms of type 1 diabetes? || What are the symptoms of type 2 diabetes?
! How much is 5 kg in pounds? || How much is 5 pounds in kg?
! What happened in 1945? || What happened in 1954?
! Who is older, Bill or Hillary? || Who is younger, Bill or Hillary?
! What is the use of a \`Map\` in this code? || What is the use of a \`Set\` in this code?
! All students passed the exam. || Some students passed the exam.
! Does every bird fly? || Does any bird fly?
! Only members can vote. || Members can vote.
! The function returns a list of users. || The function returns a list of groups.
! The option is enabled by default. || The option is disabled by default.
! Set the flag before starting the server. || Set the flag after starting the server.
! The method reads data from the file. || The method writes data to the file.
! You must restart the server. || You may restart the server.
! The value must be at least 10. || The value must be at most 10.
! Users can read but not write the table. || Users can write but not read the table.
! The parser accepts strings and numbers. || The parser accepts strings or numbers.
! 비밀번호를 어떻게 변경하나요? || 이메일 주소를 어떻게 변경하나요?
! 서울에서 부산까지 얼마나 걸려요? || 부산에서 서울까지 얼마나 걸려요?
! 오늘 날씨 어때? || 내일 날씨 어때?
! 철수가 영희를 좋아해? || 영희가 철수를 좋아해?
! 회원 가입은 어떻게 하나요? || 회원 탈퇴는 어떻게 하나요?
! 환불은 언제 되나요? || 환불은 어디서 되나요?
! 강아지가 초콜릿을 먹어도 되나요? || 고양이가 초콜릿을 먹어도 되나요?
! 두 사람이 커피를 마신다 || 세 사람이 커피를 마신다
! 밥 먹기 전에 약을 먹어야 하나요? || 밥 먹은 후에 약을 먹어야 하나요?
! 이 약은 안전한가요? || 이 약은 위험한가요?
! 지금 갈 수 있어? || 지금 갈 수 없어?
! 결혼하고 싶어 || 결혼하고 싶지 않아
! 서울에서 가장 높은 건물은? || 서울에서 가장 낮은 건물은?
! 버튼을 켜는 방법 || 버튼을 끄는 방법
! 파이썬으로 정렬하는 법 || 자바로 정렬하는 법
! 커피나 차를 마실래? || 커피와 차를 마실래?
! 숙소가 깨끗했어요 || 숙소가 더러웠어요
! 한 남자가 피아노를 치고 있다. || 한 남자가 드럼을 치고 있다.
! 세금이 오르나요? || 세금이 내리나요?
! 다음 문장을 요약해줘: 나는 학교에 간다 || 다음 문장을 요약해줘: 나는 집에 간다
! 10개에 얼마예요? || 12개에 얼마예요?
! 남친이 화났어 || 여친이 화났어
! 헤어지고 싶어 || 헤어지기 싫어
! 작년에 매출이 얼마였어? || 올해 매출이 얼마야?
! 왜 회사에 가? || 언제 회사에 가?
! 엄마에게 선물을 줬어 || 엄마에게 선물을 받았어
! What was Amy's life before becoming a doctor? || What was Amy's life after becoming a doctor?
! If Amy and Bob were married, would Amy's family be happy? || If Amy and Bob were married, would Bob's family be happy?
! Is Amy an actress or a nurse? || Is Amy an actress and a nurse?
! Is Amy a nurse? || Is Amy really a good nurse?
! What is Tom Hardy's height? || What is Tom Hardy's weight?
! Can I feed my dog grapes? || Can I feed my dog chocolate?
! Do I need a visa for Japan? || Do I need a passport for Japan?
! How much protein is in an egg? || How much fat is in an egg?
! How do I get from A to B? || How do I get from B to A?
! Are whales fish? || Are whales mammals?
! I was hit by a car, what do I do? || I hit a car, what do I do?
! What's the first step in making wine? || What's the last step in making wine?
! How many days are in June? || How many days are in July?
! Is it raining? || Was it raining?
! What did he say? || What did she say?
! Is Jack taller than Jill? || Is Jill taller than Jack?
! How to be happy without money || How to be happy with money
! Set temperature to 20 degrees Celsius || Set temperature to 20 degrees Fahrenheit
! What is the square root of 16? || What is the square of 16?
! Convert 10 USD to EUR || Convert 10 EUR to USD
! What's new in version 3.1? || What's new in version 3.10?
! Show me flights from Seoul to Jeju on Dec 3 || Show me flights from Seoul to Jeju on Dec 4
! Who won the match yesterday? || Who won the match today?
! What is my name? || What is your name?
! Can vitamin C cause kidney stones? || Can vitamin D cause kidney stones?
! How do I say "hello" in Korean? || How do I say "goodbye" in Korean?
! Write a function that adds two numbers in Python || Write a function that adds two numbers in Ruby
! What should I not eat while pregnant? || What should I eat while pregnant?
! Is it ever OK to lie? || Is it never OK to lie?
! What are the pros of remote work? || What are the cons of remote work?
! Why do people hate Mondays? || Why do people love Mondays?
! List three fruits || List five fruits
! Is 7 greater than 5? || Is 7 less than 5?
! What is 5 - 3? || What is 5 + 3?
! How do I turn on Bluetooth? || How do I turn off Bluetooth?
! Who is the mother of Alexander the Great? || Who is the father of Alexander the Great?
! When did the war begin? || When did the war end?
! Is the store open on Sunday? || Is the store closed on Sunday?
! Do cats eat mice? || Do mice eat cats?
! Which came first, the chicken or the egg? || Which tastes better, the chicken or the egg?
! Draft an email to my boss asking for a raise || Draft an email to my boss asking for a day off
! The company acquired the startup. || The startup acquired the company.
! Give me a synonym of happy || Give me an antonym of happy
! Can you help me? || Can I help you?
! I love you || Do you love me?
! Explain quantum computing to a child || Explain quantum computing to an expert
! Answer in one sentence: what is DNA? || Answer in one word: what is DNA?
! How long should I boil eggs? || How should I boil eggs?
! How do you spell necessary? || How do you pronounce necessary?
! How did Rome fall? || How will Rome fall?
! In which city was he born? || In which city did he die?
! He sold her a car || She sold him a car
! Should I take aspirin daily? || Should I take aspirin weekly?
! Tom gave the book to Ann || Ann gave the book to Tom
! What is the most expensive car? || What is the least expensive car?
! Is Pluto a planet? || Is Pluto a dwarf planet?
! Was Einstein a physicist? || Was Einstein the greatest physicist?
! Did it rain before noon? || Did it rain by noon?
! Are all birds able to fly? || Are some birds able to fly?
! It's not that he can't swim || It's that he can't swim
! How do I unsubscribe from emails? || How do I subscribe to emails?
! The chance is at least 5 percent || The chance is at most 5 percent
! 1kg of sugar || 1g of sugar
! Translate to French: good morning || Translate to Spanish: good morning
! Flight from Paris arriving Monday || Flight to Paris arriving Monday
! 서울에서 부산으로 가는 기차 || 부산에서 서울로 가는 기차
! 3월 5일 날씨 || 3월 6일 날씨
! 그는 그녀를 때렸다 || 그녀는 그를 때렸다
! 창문을 열어줘 || 창문을 닫아줘
! 사과 두 개 주세요 || 사과 세 개 주세요
! 오전 9시에 열어요? || 오후 9시에 열어요?
! 먹어도 돼요? || 먹으면 안 돼요?
! 아이가 울었어요 || 아이가 웃었어요
! 왼쪽으로 가세요 || 오른쪽으로 가세요
! 회사를 그만두고 싶어 || 학교를 그만두고 싶어
! 이 옷 예뻐? || 이 옷 비싸?
! 누가 이겼어? || 누가 졌어?
! 언니가 동생보다 키가 커 || 동생이 언니보다 키가 커
! 5만원 이상 || 5만원 이하
! 여름에 가기 좋은 곳 || 겨울에 가기 좋은 곳
! 영어로 번역해줘: 안녕 || 영어로 번역해줘: 잘가
! 비밀번호를 잊어버렸어요 || 아이디를 잊어버렸어요
! 돈을 빌려줬어 || 돈을 빌렸어
! 약을 먹고 술을 마셨어 || 술을 마시고 약을 먹었어
! 커피 마실래 아니면 차 마실래 || 커피랑 차 마실래
! 내가 너를 좋아해 || 네가 나를 좋아해
! 나는 너를 사랑해 || 너는 나를 사랑해?
! 한국 사람이 일본 사람보다 많아? || 일본 사람이 한국 사람보다 많아?
! 숙제 다 했어? || 숙제 안 했어?
= How can I stop procrastinating? || How do I stop procrastinating?
= What's the weather like today? || How is the weather today?
= Could you please tell me how to delete my account? || How do I delete my account?
= What are the best restaurants in Rome? || Which restaurants in Rome are the best?
= I'd like to know the opening hours of the museum || What are the opening hours of the museum?
= How do I make my hair grow faster? || How can I make my hair grow faster?
= Is Amy married to Bob? || Is Bob married to Amy?
= Why is my computer so slow? || Why is my PC so slow?
= What are the effects of smoking? || What are the consequences of smoking?
= How do I get a passport? || How can I obtain a passport?
= how 2 learn python || how to learn python
= What does the word "ephemeral" mean? || What is the meaning of the word "ephemeral"?
= What does a data scientist do? || What do data scientists do?
= Where is the nearest pharmacy located? || Where is the nearest pharmacy?
= Do I need a visa to visit Japan? || Is a visa required to visit Japan?
= 강아지 목욕은 얼마나 자주 시켜야 하나요? || 강아지 목욕 얼마나 자주 시켜야 해?
= 이 제품 환불 가능한가요? || 이 제품은 환불이 가능합니까?
= 계좌 비밀번호를 잊어버렸어요 || 계좌 비밀번호를 잊어버렸습니다
= 몇 시에 문을 여나요? || 몇 시에 문 열어요?
= 노트북 추천해 주세요 || 노트북을 추천해줘
= 가장 가까운 병원은 어디야? || 제일 가까운 병원이 어디예요?
= Can you write a poem about the sea? || Write a poem about the sea.
= Could you please give me a recipe for lasagna? || Give me a recipe for lasagna
= Please list the planets of the solar system || Can you list the planets of the solar system?
= I need you to translate this into Korean: good night || Translate this into Korean: good night
= How does Google compare to Bing? || How do you compare Google and Bing?
! How do I talk to him? || How do I talk to her?
! Can you write a poem about the sea? || Can you write a poem about the sky?
! Can you swim? || Swim!
! What does a & b return? || What does a | b return?
! Translate a dog into French || Translate the dog into French
! How old is too old to study? || How old is old to study?
! Who is a pretty actress? || Who is an actress?
! 上海的天气怎么样? || 海上的天气怎么样?
! ¿Cómo puedo cambiar mi contraseña? || ¿Cómo puedo cambiar mi correo?
! Wie kündige ich mein Abo? || Wie kündige ich mein Konto?
! university ranking || universe ranking
! How do I become a physicist? || How do I become a physician?
! internet speed test || internal speed test
! Is it safe to travel to Niger? || Is it safe to travel to Nigeria?
! is it safe to travel to niger? || is it safe to travel to nigeria?
! What does a trainer earn? || What does a trainee earn?
! Where do Austrians live? || Where do Australians live?
! how do i get to iran || how do i get to iraq
! How many calories are in a banana? || How many carbs are in a banana?
! What's the best way to cook rice? || What's the worst way to cook rice?
! Should I use tabs or spaces? || Should I use tabs and spaces?
! What is the difference between a virus and bacteria? || What is the difference between a virus and a worm?
! When does the semester start? || When does the semester end?
! Explain the first law of thermodynamics || Explain the second law of thermodynamics
! Is X greater than or equal to Y? || Is X less than or equal to Y?
! What do I do if my dog bites someone? || What do I do if someone bites my dog?
! If I quit, can I get unemployment? || If I am fired, can I get unemployment?
! How is the economy in US? || How is the economy?
! What are the holidays in May? || What are the holidays?
! What does the WHO do? || What does the UN do?
! How do I get a job in IT? || How do I get a job?
! Is Will Smith rich? || Is Smith rich?
= How is the economy in the US? || How is the economy in the USA?
= WHAT IS THE CAPITAL OF FRANCE? || what is the capital of france?
! Give me a vegan recipe for dinner || Give me a recipe for dinner
! Who wrote the music for Titanic? || Who wrote the script for Titanic?
! What are the side effects of ibuprofen? || What are the side effects of paracetamol?
! How tall is the Eiffel Tower? || How old is the Eiffel Tower?
! Does coffee raise blood pressure? || Does tea raise blood pressure?
! Who was the first man on the moon? || Who was the first woman on the moon?
! How can I stop loving my ex? || How can I stop hating my ex?
! What is the best way to invest $1000? || What is the best way to invest $10000?
! When is Easter 2025? || When is Easter 2026?
! Is it cold in Moscow in winter? || Is it cold in Moscow in summer?
! How do I block someone on Instagram? || How do I unblock someone on Instagram?
! Can I drink milk after eating fish? || Can I drink milk with fish?
! Can a minor open a bank account? || Can a minor close a bank account?
! Where can I watch the movie for free? || Where can I watch the movie?
! What is a good gift for a boy? || What is a good gift for a girl?
! How do I lose weight? || How do I gain weight?
! How do I lose weight? || How do I lose weight in a week?
! What is the GDP of India? || What is the GDP per capita of India?
! Which is better, Java or Python? || Which is better, Java or C++?
! How do I use a VPN in China? || How do I use a VPN from China?
! Is 0.5 bigger than 0.05? || Is 0.05 bigger than 0.5?
! What's the time in Tokyo? || What's the weather in Tokyo?
! Do employees have to give two weeks notice? || Do employers have to give two weeks notice?
! He was fired because he was late. || He was late because he was fired.
! I like tea more than coffee. || I like coffee more than tea.
! The teacher that the student liked left || The student that the teacher liked left
! Is Amy older than Bob and Carl? || Is Bob older than Amy and Carl?
! Did Tom and Ann sue Bob? || Did Bob sue Tom and Ann?
! A and B are faster than C || C is faster than A and B
! How do I pay Bob and charge Ann? || How do I pay Ann and charge Bob?
`;

export interface WrittenPair {
  a: string;
  b: string;
  same: boolean;
}

export function writtenPairs(): WrittenPair[] {
  return PAIRS.trim()
    .split("\n")
    .map((line) => {
      const [a = "", b = ""] = line.slice(2).split(" || ");
      return { a, b, same: line.startsWith("=") };
    });
}
