import type { Locale } from './person-names.ts';

/** What the generators know of a country: enough for addresses and telephone numbers that look right. */
export interface Country {
  /** ISO 3166-1 alpha-2 */
  readonly code: string;
  readonly locale: Locale;
  readonly dialCode: string;
  readonly currency: string;
  readonly cities: readonly string[];
}

/** code, locale, dial code, currency, cities */
const ROWS = `
US en 1 USD Boston,Chicago,Austin,Seattle,St. Louis,Winston-Salem
CA en 1 CAD Toronto,Montréal,Vancouver,Calgary
GB en 44 GBP London,Leeds,Bristol,Edinburgh,Stoke-on-Trent
IE en 353 EUR Dublin,Cork,Galway
AU en 61 AUD Sydney,Melbourne,Perth
NZ en 64 NZD Auckland,Wellington,Dunedin
NG en 234 NGN Lagos,Abuja,Ibadan
PH en 63 PHP Manila,Quezon City,Cebu
ZA en 27 ZAR Cape Town,Durban,Pretoria
DE de 49 EUR Berlin,München,Köln,Düsseldorf,Göttingen
AT de 43 EUR Wien,Graz,Linz
CH de 41 CHF Zürich,Genève,Bern
NL nl 31 EUR Amsterdam,Utrecht,'s-Hertogenbosch
BE nl 32 EUR Gent,Bruxelles,Leuven
FR fr 33 EUR Paris,Lyon,Orléans,Saint-Étienne
TN fr 216 TND Tunis,Sfax,Sousse
ES es 34 EUR Madrid,Málaga,A Coruña
MX es 52 MXN Ciudad de México,Monterrey,Mérida
CO es 57 COP Bogotá,Medellín,Cali
AR es 54 ARS Buenos Aires,Córdoba,Rosario
PE es 51 PEN Lima,Cusco,Arequipa
CL es 56 CLP Santiago,Valparaíso,Concepción
EC es 593 USD Quito,Guayaquil,Cuenca
BR pt 55 BRL São Paulo,Brasília,Florianópolis,Recife
PT pt 351 EUR Lisboa,Porto,Évora
IT it 39 EUR Roma,Milano,Forlì,L'Aquila
PL pl 48 PLN Warszawa,Kraków,Łódź,Gdańsk
CZ cs 420 CZK Praha,Brno,Plzeň
SE sv 46 SEK Stockholm,Göteborg,Malmö
NO sv 47 NOK Oslo,Tromsø,Bergen
DK sv 45 DKK København,Aarhus,Odense
TR tr 90 TRY İstanbul,Ankara,Eskişehir
RU ru 7 RUB Москва,Санкт-Петербург,Казань
UA uk 380 UAH Київ,Львів,Харків
GR el 30 EUR Αθήνα,Θεσσαλονίκη,Πάτρα
CN zh 86 CNY 北京市,上海市,广州市
TW zh 886 TWD 臺北市,高雄市,臺中市
JP ja 81 JPY 東京都,大阪市,京都市
KR ko 82 KRW 서울특별시,부산광역시,대전광역시
EG ar 20 EGP القاهرة,الإسكندرية,أسيوط
SA ar 966 SAR الرياض,جدة,الدمام
MA ar 212 MAD الرباط,فاس,مراكش
IL he 972 ILS תל אביב-יפו,ירושלים,חיפה
IN hi 91 INR नई दिल्ली,Mumbai,Bengaluru,पुणे
NP hi 977 NPR काठमाडौँ,Pokhara
TH th 66 THB กรุงเทพมหานคร,เชียงใหม่,ขอนแก่น
VN vi 84 VND Hà Nội,Đà Nẵng,Huế
`;

const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  ROWS.trim()
    .split('\n')
    .map((row) => {
      const [code = '', locale = '', dialCode = '', currency = '', ...cities] = row.split(' ');
      return [code, { code, locale: locale as Locale, dialCode, currency, cities: cities.join(' ').split(',') }];
    }),
);

export const findCountry = (code: string): Country | undefined => COUNTRIES.get(code);

/**
 * The country that a domain's last label stands for: `uk` is GB, `edu` is US; undefined for `org`, `com`, `eu` and the
 * like, which say nothing.
 */
export const countryCodeOfDomain = (domain: string): string | undefined => {
  const label = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase();
  if (label === 'uk') {
    return 'GB';
  }
  if (label === 'edu' || label === 'gov') {
    return 'US';
  }
  return /^[a-z]{2}$/.test(label) && label !== 'eu' && domain.includes('.') ? label.toUpperCase() : undefined;
};
