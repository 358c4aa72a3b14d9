/** Compiled patterns over strings: the cheapest form that expresses a template, and its matching. */
import type { ContextMap } from '../model.ts';
import { type GlobCodes, matchGlob, ONE, pushLiteral, STAR } from './glob.ts';
import type { TemplateToken, VariableToken } from './template.ts';

export type StringPattern =
  | { readonly type: 'any' }
  | { readonly type: 'exact'; readonly text: string }
  | { readonly type: 'prefix'; readonly text: string }
  | { readonly type: 'glob'; readonly codes: GlobCodes; readonly literalPrefix: string }
  | { readonly type: 'template'; readonly tokens: readonly TemplateToken[]; readonly literalPrefix: string };

/** Picks the form. */
export function compileStringPattern(tokens: readonly TemplateToken[]): StringPattern {
  const first = tokens[0];
  const literalPrefix = first?.type === 'text' ? first.text : '';
  if (tokens.some((token) => token.type === 'variable')) return { type: 'template', tokens, literalPrefix };
  if (tokens.length === 0) return { type: 'exact', text: '' };
  if (tokens.length === 1 && first?.type === 'text') return { type: 'exact', text: first.text };
  if (tokens.length === 1 && first?.type === 'star') return { type: 'any' };
  if (tokens.length === 2 && first?.type === 'text' && tokens[1]?.type === 'star') {
    return { type: 'prefix', text: first.text };
  }
  return { type: 'glob', codes: Int32Array.from(expand(tokens, undefined) ?? []), literalPrefix };
}

/** The text every match begins with; `undefined` context-dependent parts end it. */
export function literalPrefixOf(pattern: StringPattern): string {
  if (pattern.type === 'any') return '';
  return 'literalPrefix' in pattern ? pattern.literalPrefix : pattern.text;
}

/** True when `text` between `from` and `to` fits. An unresolved variable fits nothing (iam.md 1.8). */
export function matchStringPattern(
  pattern: StringPattern,
  text: string,
  from: number,
  to: number,
  context: ContextMap,
): boolean {
  switch (pattern.type) {
    case 'any':
      return true;
    case 'exact':
      return pattern.text.length === to - from && text.startsWith(pattern.text, from);
    case 'prefix':
      return pattern.text.length <= to - from && text.startsWith(pattern.text, from);
    case 'glob':
      return matchGlob(pattern.codes, text, from, to);
    case 'template': {
      if (!text.startsWith(pattern.literalPrefix, from)) return false;
      const codes = expand(pattern.tokens, context);
      return codes !== undefined && matchGlob(codes, text, from, to);
    }
  }
}

/** The value of a variable, or undefined when it does not resolve: absent without default, or multivalued. */
export function resolveVariable(token: VariableToken, context: ContextMap): string | undefined {
  const value = context.get(token.key);
  if (value === undefined) return token.fallback;
  return typeof value === 'string' ? value : undefined;
}

/** The literal a template of text and variables stands for, or undefined when a variable does not resolve. */
export function renderTemplate(tokens: readonly TemplateToken[], context: ContextMap): string | undefined {
  let text = '';
  for (const token of tokens) {
    const part = token.type === 'text' ? token.text : token.type === 'variable' ? resolveVariable(token, context) : '';
    if (part === undefined) return undefined;
    text += part;
  }
  return text;
}

/** SECURITY: a substituted value enters as code units only, so its stars and question marks stay literal. */
function expand(tokens: readonly TemplateToken[], context: ContextMap | undefined): number[] | undefined {
  const codes: number[] = [];
  for (const token of tokens) {
    if (token.type === 'star') codes.push(STAR);
    else if (token.type === 'one') codes.push(ONE);
    else if (token.type === 'text') pushLiteral(codes, token.text);
    else {
      const value = context && resolveVariable(token, context);
      if (value === undefined) return undefined;
      pushLiteral(codes, value);
    }
  }
  return codes;
}
