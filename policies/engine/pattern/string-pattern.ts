/** Compiled patterns over strings: the cheapest form that expresses a template, and its matching. */
import type { ContextMap } from '../model.ts';
import { type GlobCodes, matchGlob, ONE, pushLiteral, STAR } from './glob.ts';
import { intern } from './intern.ts';
import type { TemplateToken, VariableToken } from './template.ts';

/** One shape for all forms: the matcher runs on every decision, and the runtime is fastest on objects of one shape. */
export interface StringPattern {
  readonly type: 'any' | 'exact' | 'prefix' | 'glob' | 'template';
  /** The whole text of `exact`; of the others the literal text that every match begins with. */
  readonly text: string;
  /** Of `glob`; empty otherwise. */
  readonly codes: GlobCodes;
  /** Of `template`, which contains variables; empty otherwise. */
  readonly tokens: readonly TemplateToken[];
}

/** Picks the form. */
export function compileStringPattern(tokens: readonly TemplateToken[]): StringPattern {
  const [first, second] = tokens;
  const text = first?.type === 'text' ? intern(first.text) : '';
  const pattern = { type: 'exact', text, codes: [], tokens: [] } as const;
  if (tokens.some((token) => token.type === 'variable')) return { ...pattern, type: 'template', tokens };
  if (tokens.length === 0 || (tokens.length === 1 && text !== '')) return pattern;
  if (tokens.length === 1 && first?.type === 'star') return { ...pattern, type: 'any' };
  if (tokens.length === 2 && text !== '' && second?.type === 'star') return { ...pattern, type: 'prefix' };
  return { ...pattern, type: 'glob', codes: Int32Array.from(expand(tokens, undefined) ?? []) };
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
      return text.startsWith(pattern.text, from) && matchGlob(pattern.codes, text, from, to);
    case 'template': {
      if (!text.startsWith(pattern.text, from)) return false;
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
