import { domainToUnicode } from 'node:url';

/** Words made of letters that pass for letters of another script. */

const latin = /\p{Script=Latin}/u;
/** The scripts whose letters are drawn as Latin ones are; words of Latin and any other script deceive nobody. */
const alike =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}\p{Script=Armenian}\p{Script=Coptic}\p{Script=Lisu}]/u;
/** Greek letters that stand for quantities and look like nothing else: Δt and μs are honest names. */
const quantities = /[βδεζηθλμπσςφψωΓΔΘΛΞΠΣΦΨΩϵϕ]/gu;
/** Letters that make up a whole word that looks Latin. */
const twins = /^[аеорсухіјѕԁһӏԛԝкАВЕКМНОРСТУХІЈЅ]+$/u;
const cyrillic = /\p{Script=Cyrillic}/u;

const identifier = /[\p{L}\p{M}\p{Nl}]+/gu;
/** What stands where a host stands: behind a scheme, or behind the @ of an address. */
const host = /(?:\/\/(?:[^\s/?#@"'<>]{0,200}@)?|[\w.+-]@)([\p{L}\p{M}\p{N}.-]{3,253})/gu;

const isMixed = (word: string): boolean => {
  const bare = word.replace(quantities, '');
  return latin.test(bare) ? alike.test(bare) : cyrillic.test(bare) && /\p{Script=Greek}/u.test(bare);
};

/** Letters of another form that some languages read as ASCII ones: 𝓮𝔁𝓮𝓬 is exec in Python. */
const isStyled = (word: string): boolean =>
  /[^\0-\x7f\xaa\xba]/.test(word) && /^[A-Za-z]{2,}$/.test(word.normalize('NFKC'));

const label = (text: string): boolean =>
  (text.match(identifier) ?? []).some((word) => isMixed(word) || isStyled(word) || twins.test(word));

const isHostile = (name: string): boolean => {
  const shown = /xn--/i.test(name) ? domainToUnicode(name) : name;
  return /[^\0-\x7f]/.test(shown) && shown.split('.').some(label);
};

export interface MixedScripts {
  readonly words: readonly string[];
  readonly hosts: readonly string[];
}

const nothing: MixedScripts = { words: [], hosts: [] };

/** The words and hosts of a line that look like others than they are. */
export const mixedScriptsIn = (line: string): MixedScripts => {
  if (!/[^\0-\x7f]|xn--/i.test(line)) return nothing;
  const all = line.match(identifier) ?? [];
  const native = all.some((word) => cyrillic.test(word) && !twins.test(word) && !latin.test(word));
  const words = all.filter(
    (word) => isMixed(word) || isStyled(word) || (!native && word.length > 2 && twins.test(word)),
  );
  const hosts = [...line.matchAll(host)].map(([, name = '']) => name).filter(isHostile);
  return { words, hosts };
};
