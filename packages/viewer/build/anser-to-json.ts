import type { Plugin } from 'vite';

/** Methods of anser that make HTML: this page makes elements, and bundlers keep every method of a class. */
const htmlMethods = ['escapeForHtml', 'linkify', 'ansiToHtml', 'ansiToText'];
const exported = 'module.exports = Anser;';
const answered = 'if (options.json) { return jsonChunk; }';

/**
 * Builds anser as a module, and without what makes HTML.
 *
 * @throws Error where a version of it is not written as is known here
 */
export function anserToJson(): Plugin {
  return {
    name: 'anser-to-json',
    apply: 'build',
    transform: {
      order: 'pre',
      filter: { id: /\/anser\/lib\/index\.js$/ },
      handler(code) {
        const left: { readonly start: number; readonly end: number }[] = [];
        for (const statement of this.parse(code).body) {
          if (statement.type !== 'ClassDeclaration') continue;
          for (const member of statement.body.body) {
            if (member.type !== 'MethodDefinition' || member.key.type !== 'Identifier') continue;
            const { start, end } = member;
            if (htmlMethods.includes(member.key.name)) left.push({ start, end });
            if (member.key.name !== 'processChunk') continue;
            const at = code.indexOf(answered, start);
            if (at > 0 && at < end) left.push({ start: at, end: end - 1 });
          }
        }
        if (left.length !== 2 * htmlMethods.length + 1 || !code.includes(exported))
          throw new Error('expected anser as version 2.3 writes it, found another one: see what of it makes HTML');
        let kept = code;
        for (const { start, end } of left.toReversed()) {
          kept =
            kept.slice(0, start) +
            (start === code.indexOf(answered, start) ? 'return jsonChunk;' : '') +
            kept.slice(end);
        }
        return { code: kept.replace('"use strict";', '').replace(exported, 'export default Anser;'), map: null };
      },
    },
  };
}
