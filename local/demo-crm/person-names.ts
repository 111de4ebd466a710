import type { Draw } from './random.ts';

/** A name as written in its own script, and as it stands in an e-mail address. */
export interface Name {
  readonly native: string;
  /** a-z and 0-9 only */
  readonly latin: string;
}

export interface PersonName {
  readonly given: Name;
  readonly family: Name;
}

interface NameLists {
  readonly given: string;
  readonly family: string;
}

/** `native` or `native:latin`, blanks between; the Latin form is worked out where there is none. */
const NAMES = {
  en: {
    given:
      'James Mary Robert Patricia Michael Jennifer David Linda William Elizabeth Richard Susan Joseph Jessica Thomas Karen Sean Siobhán Aoife Olivia Noah Amara Chidi Ngozi',
    family:
      "Smith Johnson Williams Brown Jones Miller Davis Wilson Taylor O'Brien O'Neill MacDonald Okafor Adeyemi Santos Walker Hall Wright Scott Baker Smith-Jones Campbell Murphy Nguyen",
  },
  de: {
    given: 'Jürgen Ulrike Hans Käthe Björn Sabine Matthias Anneliese Lukas Hannah Günther Zoë Felix Lena Jörg Mareike',
    family:
      'Müller Schmidt Weiß Groß Schäfer Köhler Krüger Böhm Fuchs Schröder Straußberger Jäger Vogel Lüdtke Hahn Becker',
  },
  nl: {
    given: 'Jan Anneke Pieter Femke Sjoerd Lotte Daan Maaike Bram Sanne',
    family: 'Jansen Bakker Visser Smit Meijer Mulder Bos Peters Hendriks Dekker',
  },
  fr: {
    given: 'Jean Amélie François Chloé Benoît Zoé Gaël Hélène Loïc Mégane Rémi Noël Aïcha Fatima',
    family: "Lefèvre Dubois Müller Béranger Garçon D'Angelo Lemaître Noël Gauthier Benali Trabelsi Côté Roux Fournier",
  },
  es: {
    given: 'José María Luis Begoña Ángel Lucía Íñigo Sofía Jesús Mónica Andrés Ximena Raúl Inés',
    family: 'García Muñoz Núñez Peña Rodríguez López Ibáñez Vázquez Güell Ordóñez Quispe Mamani Hernández Díaz',
  },
  pt: {
    given: 'João Conceição Antônio Inês Luís Fátima Estêvão Júlia Caio Luíza Álvaro Tainá',
    family: 'Silva Gonçalves Simões Araújo Conceição Magalhães Leão Brandão Sá Peçanha Souza Guimarães',
  },
  it: {
    given: 'Giulia Niccolò Alessandro Chiara Matteo Francesca Lorenzo Noemi Andrea Cosimo',
    family: "Rossi D'Amico Esposito Bianchi Ferrarò Dell'Acqua Ricci Marino Greco Lo",
  },
  pl: {
    given: 'Łukasz Małgorzata Paweł Święta Zbigniew Agnieszka Michał Żaneta Stanisław Bożena',
    family: 'Wójcik Dąbrowski Kowalczyk Zieliński Szymański Łuczak Żak Nowak Grzegorczyk Wiśniewska',
  },
  cs: {
    given: 'Jiří Kateřina Ondřej Šárka Lukáš Zdeňka Tomáš Růžena Vojtěch Eliška',
    family: 'Novák Dvořák Svobodová Černý Procházka Kučerová Veselý Šťastný Říha Žižka',
  },
  sv: {
    given: 'Åsa Björn Märta Sören Linnéa Jørgen Åse Håkan Göran Ingrid',
    family: 'Ångström Lindqvist Sjöberg Bjørnson Sørensen Håkansson Öberg Nyström Dahl Kjær',
  },
  tr: {
    given: 'Ayşe Mehmet İbrahim Gülşen Çağla Işıl Ömer Şükrü Elif Ozan',
    family: 'Yılmaz Öztürk Kılıç Şahin Çelik Güneş Doğan Aydın Işık Erdoğdu',
  },
  ru: {
    given:
      'Иван:ivan Анна:anna Сергей:sergey Екатерина:ekaterina Алёна:alyona Дмитрий:dmitry Ольга:olga Юрий:yuri Наталья:natalya Пётр:petr',
    family:
      'Иванов:ivanov Кузнецова:kuznetsova Щербаков:shcherbakov Соловьёв:solovyov Чайковский:tchaikovsky Попова:popova Жуков:zhukov Хрущёв:khrushchev Смирнова:smirnova Цветаева:tsvetaeva',
  },
  uk: {
    given: 'Олена:olena Тарас:taras Юлія:yuliia Єгор:yehor Ірина:iryna Андрій:andrii Оксана:oksana Їжак:yizhak',
    family:
      "Шевченко:shevchenko Коваленко:kovalenko Лук'яненко:lukianenko Ткачук:tkachuk Гриценко:hrytsenko Мельник:melnyk",
  },
  el: {
    given: 'Γιώργος:giorgos Ελένη:eleni Κωνσταντίνος:konstantinos Μαρία:maria Νίκος:nikos Χρυσούλα:chrysoula',
    family: 'Παπαδόπουλος:papadopoulos Οικονόμου:oikonomou Αλεξίου:alexiou Γεωργίου:georgiou Δημητρίου:dimitriou',
  },
  zh: {
    given: '伟:wei 芳:fang 秀英:xiuying 敏:min 建国:jianguo 丽华:lihua 子涵:zihan 浩然:haoran 雨桐:yutong 志明:zhiming',
    family: '王:wang 李:li 张:zhang 陈:chen 欧阳:ouyang 劉:liu 黃:huang 吳:wu 林:lin 赵:zhao',
  },
  ja: {
    given: '太郎:taro 花子:hanako 健一:kenichi さくら:sakura 翔太:shota 美咲:misaki ユウキ:yuki 陽子:yoko',
    family: '佐藤:sato 髙橋:takahashi 鈴木:suzuki 渡邊:watanabe 斎藤:saito 小林:kobayashi 五十嵐:igarashi 森:mori',
  },
  ko: {
    given: '민준:minjun 서연:seoyeon 지훈:jihun 하은:haeun 영수:youngsu 은경:eunkyung 도윤:doyun',
    family: '김:kim 이:lee 박:park 최:choi 정:jung 강:kang 남궁:namgung',
  },
  ar: {
    given: 'محمد:mohamed فاطمة:fatima أحمد:ahmed عائشة:aisha يوسف:youssef مريم:maryam خالد:khaled نور:nour',
    family: 'حسن:hassan العلي:alali بنعلي:benali الشريف:elsherif منصور:mansour القحطاني:alqahtani إبراهيم:ibrahim',
  },
  he: {
    given: 'דוד:david נועה:noa יוסף:yosef תמר:tamar אברהם:avraham שירה:shira',
    family: 'כהן:cohen לוי:levi מזרחי:mizrahi פרידמן:friedman בן־דוד:bendavid',
  },
  hi: {
    given: 'राहुल:rahul प्रिया:priya Amit अनीता:anita विकास:vikas Sunita Arjun लक्ष्मी:lakshmi',
    family: 'शर्मा:sharma Patel सिंह:singh गुप्ता:gupta Iyer श्रेष्ठ:shrestha Kumar',
  },
  th: {
    given: 'สมชาย:somchai สมหญิง:somying ณัฐพล:nattapon กนกวรรณ:kanokwan วิชัย:wichai',
    family: 'ศรีสุข:srisuk แก้วมณี:kaewmanee จันทร์เพ็ญ:chanphen ทองดี:thongdee',
  },
  vi: {
    given: 'Anh Hương Đức Thảo Tuấn Ngọc Quỳnh Dũng',
    family: 'Nguyễn Trần Lê Phạm Đặng Bùi Đỗ Hồ',
  },
} satisfies Record<string, NameLists>;

export type Locale = keyof typeof NAMES;

/** Letters that Unicode decomposition leaves as they are. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
  æ: 'ae',
};

/** Lower case without diacritics, only a-z and 0-9: what goes into an e-mail address. */
const toLatin = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/[ßøłđıæ]/g, (letter) => PLAIN_LETTERS[letter] ?? '')
    .replace(/[^a-z0-9]/g, '');

const parseNames = (list: string): readonly Name[] =>
  list.split(' ').map((entry) => {
    const [native = '', latin] = entry.split(':');
    return { native, latin: latin ?? toLatin(native) };
  });

const parsed = new Map<Locale, { readonly given: readonly Name[]; readonly family: readonly Name[] }>();

export const drawPersonName = (draw: Draw, locale: Locale): PersonName => {
  let lists = parsed.get(locale);
  if (lists === undefined) {
    lists = { given: parseNames(NAMES[locale].given), family: parseNames(NAMES[locale].family) };
    parsed.set(locale, lists);
  }
  return { given: draw.pick(lists.given), family: draw.pick(lists.family) };
};
