/** Writes the XML answers of the Query protocol. Emits only; no XML is ever parsed. */
import type { Shape } from '../../platform/contract/shape-tree.ts';

export function escapeXml(text: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    let replacement: string | undefined;
    if (c === 0x26) replacement = '&amp;';
    else if (c === 0x3c) replacement = '&lt;';
    else if (c === 0x3e) replacement = '&gt;';
    else if (c === 0x22) replacement = '&quot;';
    else if (c === 0x0d) replacement = '&#xD;';
    // XML 1.0 has no way to write the other control characters.
    else if (c < 0x20 && c !== 0x09 && c !== 0x0a) replacement = '\uFFFD';
    if (replacement === undefined) continue;
    out += text.slice(from, i) + replacement;
    from = i + 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** The members of a structure as elements. */
export function members(shape: Shape, value: unknown): string {
  if (shape.kind !== 'structure') throw new Error('an answer must be a structure');
  let out = '';
  for (const member of shape.members) {
    const item = (value as Record<string, unknown>)[member.name];
    if (item !== undefined) out += element(member.name, member.shape, item);
  }
  return out;
}

function element(name: string, shape: Shape, value: unknown): string {
  return `<${name}>${content(shape, value)}</${name}>`;
}

function content(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'structure':
      return members(shape, value);
    case 'list':
      return (value as unknown[]).map((item) => element('member', shape.item, item)).join('');
    case 'map':
      return Object.entries(value as Record<string, unknown>)
        .map(([k, v]) => `<entry><key>${escapeXml(k)}</key>${element('value', shape.value, v)}</entry>`)
        .join('');
    case 'blob':
      return (value as Buffer).toString('base64');
    case 'timestamp':
      return `${new Date(value as number).toISOString().slice(0, 19)}Z`;
    case 'string':
      // Policy documents travel percent-encoded inside the XML (RFC 3986); clients decode them.
      return shape.document ? percentEncode(value as string) : escapeXml(value as string);
    default:
      return escapeXml(String(value));
  }
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
