/** Given names and what people call them, each line one name; normalised. A word may stand in several lines. */
const lines = [
  'alexander alex sasha alec aleksander',
  'alexandra alex sandra sasha lexi aleksandra',
  'andrew andy drew andrej andreas',
  'anthony tony',
  'benjamin ben benny',
  'catherine katherine kate katie cathy kathy kat katja',
  'charles charlie chuck',
  'christopher chris kit',
  'christine christina chris tina',
  'daniel dan danny',
  'david dave davey',
  'deborah debbie deb',
  'edward ed eddie ted ned',
  'elizabeth liz beth betty eliza lizzie',
  'francis frank',
  'frederick fred freddie',
  'gregory greg',
  'henry harry hank',
  'isabella bella izzy isabel',
  'jacob jake',
  'james jim jimmy jamie',
  'jennifer jen jenny',
  'jessica jess jessie',
  'johann hans hannes',
  'johannes hans hannes',
  'john jack johnny',
  'jonathan jon jonny',
  'joseph joe joey josef pepi',
  'joshua josh',
  'katarina katja kati',
  'kenneth ken kenny',
  'lawrence larry laurence',
  'leonard leo len lenny',
  'louis lou louie',
  'margaret maggie meg peggy marge',
  'maximilian max',
  'matthew matt',
  'michael mike mick mickey',
  'nicholas nick nicky nico nikolaj',
  'nikolai kolya nick',
  'pamela pam',
  'patricia pat patty trish',
  'patrick pat paddy',
  'peter pete petr',
  'philip phil',
  'rebecca becky becca',
  'richard rick dick rich ricky',
  'robert bob rob bobby robbie bert',
  'ronald ron ronnie',
  'samuel sam sammy',
  'samantha sam',
  'sebastian seb bastian',
  'stephen steve steven stevie',
  'susan sue susie suzanne',
  'theodore ted theo',
  'thomas tom tommy',
  'timothy tim',
  'victoria vicky tori',
  'vincent vince vinnie',
  'walter walt',
  'william will bill billy liam willy',
  'zachary zach zack',
];

const linesOf = new Map<string, Set<number>>();
for (const [index, line] of lines.entries()) {
  for (const word of line.split(' ')) linesOf.set(word, (linesOf.get(word) ?? new Set()).add(index));
}

/** Whether two different normalised words can be the same given name. */
export function areNicknames(left: string, right: string): boolean {
  const mine = linesOf.get(left);
  const theirs = linesOf.get(right);
  if (mine === undefined || theirs === undefined) return false;
  for (const line of mine) if (theirs.has(line)) return true;
  return false;
}
