// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/**
 * Splits a policy string into literal text, wildcards and variables (iam.md 1.4, 1.8). Because a variable stays a
 * token of its own until it is matched, a star inside a substituted value can never act as a wildcard.
 */

import type { Text } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import { intern } from './intern.ts';

export interface VariableToken {
  readonly type: 'variable';
  /** Lower case. */
  readonly key: string;
  /** As written. */
  readonly name: string;
  /** Used only when the key is absent from the request. */
  readonly fallback?: string;
}
export type TemplateToken =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'star' }
  | { readonly type: 'one' }
  | VariableToken;

export interface TemplateSyntax {
  readonly wildcards: boolean;
  /** False under version 2008-10-17: `${...}` is then literal text. */
  readonly variables: boolean;
}

/** Reads a template; a faulty variable is reported and taken as literal text. */
export function parseTemplate(source: Text, syntax: TemplateSyntax, findings: FindingList): TemplateToken[] {
  const text = source.value;
  const tokens: TemplateToken[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') tokens.push({ type: 'text', text: literal });
    literal = '';
  };
  for (let at = 0; at < text.length; ) {
    if (syntax.variables && text.startsWith('${', at)) {
      const variable = readVariable(text, at);
      if ('fault' in variable) {
        findings.error('bad-variable', source, variable.fault, variable.hint);
        return [{ type: 'text', text }];
      }
      at = variable.end;
      if ('literal' in variable) {
        literal += variable.literal;
      } else {
        flush();
        tokens.push(variable.token);
      }
      continue;
    }
    const character = text[at++]!;
    if (syntax.wildcards && character === '*') {
      flush();
      if (tokens.at(-1)?.type !== 'star') tokens.push({ type: 'star' });
    } else if (syntax.wildcards && character === '?') {
      flush();
      tokens.push({ type: 'one' });
    } else {
      literal += character;
    }
  }
  flush();
  return tokens;
}

type Variable =
  | { readonly literal: string; readonly end: number }
  | { readonly token: VariableToken; readonly end: number }
  | { readonly fault: string; readonly hint?: string };

/** Reads `${key}`, `${key, 'text'}`, `${*}`, `${?}` or `${$}` at `start`. */
function readVariable(text: string, start: number): Variable {
  const open = start + 2;
  const next = text[open];
  if ((next === '*' || next === '?' || next === '$') && text[open + 1] === '}') return { literal: next, end: open + 2 };
  let at = open;
  while (at < text.length && text[at] !== '}' && text[at] !== ',') at++;
  if (at === text.length) return { fault: 'variable has no closing brace', hint: "write ${key} or ${key, 'default'}" };
  const key = text.slice(open, at);
  if (key === '') return { fault: 'variable is empty', hint: 'write ${$} for a literal dollar sign' };
  if (/[${'"*?]/.test(key)) return { fault: 'variable name has a character that no key can have' };
  // A tag key may contain spaces, the name of a key may not (iam.md 1.8).
  const name = key.includes('/') ? key.slice(0, key.indexOf('/')) : key;
  if (/\s/.test(name) || key.trim() !== key) return { fault: 'variable name contains a space' };
  const variable = { type: 'variable', key: intern(key.toLowerCase()), name: key } as const;
  if (text[at] === '}') return { token: variable, end: at + 1 };
  if (!text.startsWith(", '", at)) {
    return {
      fault: 'default of the variable is not written as comma, one space, quoted text',
      hint: "write ${key, 'text'}",
    };
  }
  const quote = text.indexOf("'", at + 3);
  if (quote < 0) return { fault: 'default of the variable has no closing quote' };
  if (text[quote + 1] !== '}') return { fault: 'variable has no closing brace after its default' };
  return { token: { ...variable, fallback: text.slice(at + 3, quote) }, end: quote + 2 };
}

/** Splits at the first `count` colons of literal text; colons inside variables do not count. */
export function splitTemplate(tokens: readonly TemplateToken[], count: number): TemplateToken[][] {
  const parts: TemplateToken[][] = [[]];
  for (const token of tokens) {
    if (token.type !== 'text') {
      parts.at(-1)!.push(token);
      continue;
    }
    let rest = token.text;
    while (parts.length <= count && rest.includes(':')) {
      const colon = rest.indexOf(':');
      if (colon > 0) parts.at(-1)!.push({ type: 'text', text: rest.slice(0, colon) });
      parts.push([]);
      rest = rest.slice(colon + 1);
    }
    if (rest !== '') parts.at(-1)!.push({ type: 'text', text: rest });
  }
  return parts;
}
