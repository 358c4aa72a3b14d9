/**
 * What an audit record keeps of an input or output: an allow-list compiled from the declaration, which writes the
 * canonical JSON of what is kept in one pass. A member without an audit rule, a secret and everything undeclared leave
 * nothing behind.
 */
import type { Shape } from '../contract/shape-tree.ts';

/** Canonical JSON (RFC 8785); undefined: nothing is kept. */
export type Redact = (value: unknown) => string | undefined;

const MAX_TEXT = 4_096;
const MAX_ITEMS = 200;
const compiled = new WeakMap<Shape, Redact>();

export function redactor(shape: Shape): Redact {
  let redact = compiled.get(shape);
  if (!redact) {
    redact = build(shape);
    compiled.set(shape, redact);
  }
  return redact;
}

const nothing: Redact = () => undefined;

function build(shape: Shape): Redact {
  if (shape.secret || shape.audit === undefined || shape.audit === 'drop') return nothing;
  if (shape.audit === 'length') return (value) => `{"length":${sizeOf(value)}}`;
  switch (shape.kind) {
    case 'structure': {
      const members = shape.members
        .map((m) => ({ name: m.name, label: JSON.stringify(m.name), redact: redactor(m.shape) }))
        .filter(({ redact }) => redact !== nothing)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      return (value) => {
        if (typeof value !== 'object' || value === null) return undefined;
        let out = '';
        for (const { name, label, redact } of members) {
          const item = (value as Record<string, unknown>)[name];
          const kept = item === undefined ? undefined : redact(item);
          if (kept !== undefined) out += `${out === '' ? '' : ','}${label}:${kept}`;
        }
        return `{${out}}`;
      };
    }
    case 'list': {
      const redact = redactor(shape.item);
      return (value) => {
        if (!Array.isArray(value)) return undefined;
        let out = '';
        for (let i = 0; i < value.length && i < MAX_ITEMS; i++)
          out += (i > 0 ? ',' : '') + (redact(value[i]) ?? 'null');
        return `[${out}]`;
      };
    }
    case 'map': {
      const redact = redactor(shape.value);
      return (value) => {
        if (typeof value !== 'object' || value === null) return undefined;
        let out = '';
        for (const key of Object.keys(value).slice(0, MAX_ITEMS).sort()) {
          const kept = redact((value as Record<string, unknown>)[key]);
          if (kept !== undefined) out += `${out === '' ? '' : ','}${JSON.stringify(key)}:${kept}`;
        }
        return `{${out}}`;
      };
    }
    case 'string': {
      const max = shape.document ? MAX_TEXT * 8 : MAX_TEXT;
      return (value) => (typeof value === 'string' ? JSON.stringify(cut(value, max)) : undefined);
    }
    case 'timestamp':
      return (value) => (typeof value === 'number' ? JSON.stringify(new Date(value)) : undefined);
    case 'any':
    case 'blob':
      return nothing;
    default:
      return (value) => (typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : undefined);
  }
}

function cut(value: string, max: number): string {
  return value.length > max ? `${value.slice(0, max)}...(${value.length} characters)` : value;
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' || Buffer.isBuffer(value) || Array.isArray(value) ? value.length : 0;
}
