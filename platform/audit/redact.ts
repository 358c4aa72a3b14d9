/**
 * What an audit record keeps of an input or output: an allow-list compiled from the declaration. A member without an
 * audit rule, a secret and everything undeclared leave nothing behind.
 */
import type { Shape } from '../contract/shape-tree.ts';

export type Redact = (value: unknown) => unknown;

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
  if (shape.audit === 'length') return (value) => ({ length: sizeOf(value) });
  switch (shape.kind) {
    case 'structure': {
      const members = shape.members.map((m) => [m.name, redactor(m.shape)] as const).filter(([, r]) => r !== nothing);
      return (value) => {
        if (typeof value !== 'object' || value === null) return undefined;
        const out: Record<string, unknown> = {};
        for (const [name, redact] of members) {
          const item = (value as Record<string, unknown>)[name];
          if (item === undefined) continue;
          const kept = redact(item);
          if (kept !== undefined) out[name] = kept;
        }
        return out;
      };
    }
    case 'list': {
      const item = redactor(shape.item);
      return (value) => (Array.isArray(value) ? value.slice(0, MAX_ITEMS).map(item) : undefined);
    }
    case 'map': {
      const item = redactor(shape.value);
      return (value) => {
        if (typeof value !== 'object' || value === null) return undefined;
        const entries = Object.entries(value).slice(0, MAX_ITEMS);
        return Object.fromEntries(entries.map(([k, v]) => [k, item(v)]));
      };
    }
    case 'string':
      return (value) => (typeof value === 'string' ? cut(value, shape.document ? MAX_TEXT * 8 : MAX_TEXT) : undefined);
    case 'timestamp':
      return (value) => (typeof value === 'number' ? new Date(value).toISOString() : undefined);
    case 'any':
    case 'blob':
      return nothing;
    default:
      return (value) => (typeof value === 'number' || typeof value === 'boolean' ? value : undefined);
  }
}

function cut(value: string, max: number): string {
  return value.length > max ? `${value.slice(0, max)}...(${value.length} characters)` : value;
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' || Buffer.isBuffer(value) || Array.isArray(value) ? value.length : 0;
}
