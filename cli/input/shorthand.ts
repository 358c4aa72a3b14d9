/** `key=value,key=value`, the short form of the AWS command line; `\,` is a comma and `\\` a backslash in a value. */
import { UsageError } from '../terminal.ts';

export function parseShorthand(text: string, where: string): [key: string, value: string][] {
  return splitUnescaped(text).map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new UsageError(`${where} must be key=value`, 'separate pairs by commas; write \\, for a comma in a value');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    const next = text[i + 1];
    if (c === '\\' && (next === ',' || next === '\\')) {
      part += next;
      i++;
    } else if (c === ',') {
      parts.push(part);
      part = '';
    } else {
      part += c;
    }
  }
  parts.push(part);
  return parts;
}

/** The short form of pairs; the inverse of `parseShorthand`. */
export function formatShorthand(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll(',', '\\,')}`).join(',');
}
