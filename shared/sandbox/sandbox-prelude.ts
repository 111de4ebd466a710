/**
 * Runs once in a new realm, before any program: takes away clock, chance and every way to make code from text, then freezes all there is, so that
 * no program leaves anything behind for the next.
 */
export const preludeSource = `(() => {
  'use strict';
  const { getPrototypeOf, getOwnPropertyDescriptor, defineProperty, freeze } = Object;
  const ownKeys = Reflect.ownKeys;
  const refuse = (message) => function () { throw new TypeError(message); };

  const RealDate = Date;
  const construct = Reflect.construct;
  function Date_(...given) {
    if (new.target === undefined || given.length === 0) throw new TypeError('there is no clock');
    return construct(RealDate, given, new.target);
  }
  defineProperty(Date_, 'name', { value: 'Date' });
  Date_.prototype = RealDate.prototype;
  Date_.parse = RealDate.parse;
  Date_.UTC = RealDate.UTC;
  Date_.now = refuse('there is no clock');
  RealDate.prototype.constructor = Date_;
  globalThis.Date = Date_;
  Math.random = refuse('there is no chance');

  const makers = [
    function () {}, function* () {}, async function () {}, async function* () {},
  ].map((each) => getPrototypeOf(each));
  for (const prototype of makers) {
    defineProperty(prototype, 'constructor', { value: refuse('code cannot be made from text'), writable: false, configurable: false });
  }
  for (const name of ['eval', 'Function', 'Proxy', 'Reflect', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer', 'queueMicrotask', 'performance']) {
    delete globalThis[name];
  }

  const seen = new Set();
  const waiting = [globalThis, ...makers,
    getPrototypeOf([][Symbol.iterator]()), getPrototypeOf(''[Symbol.iterator]()), getPrototypeOf(new Map()[Symbol.iterator]()),
    getPrototypeOf(new Set()[Symbol.iterator]()), getPrototypeOf(''.matchAll(/a/g)), getPrototypeOf((function* () {})()),
    getPrototypeOf((async function* () {})()),
  ];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null || seen.has(each)) continue;
    seen.add(each);
    waiting.push(getPrototypeOf(each));
    for (const key of ownKeys(each)) {
      const { value, get, set } = getOwnPropertyDescriptor(each, key);
      waiting.push(value, get, set);
    }
  }
  for (const each of seen) freeze(each);
})()`;

/** A function of JSON texts around the expression. The expression's own text stands alone on its lines, so that a comment at its end ends there. */
export function wrapScript(source: string): string {
  return `((parse, stringify) => {
'use strict';
const evaluate = (record, item) => (
${source}
);
return (recordText, itemText) => {
  const record = parse(recordText);
  return stringify(evaluate(record, itemText === undefined ? record : parse(itemText)));
};
})(JSON.parse, JSON.stringify)`;
}
