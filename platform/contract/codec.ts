/**
 * Wire values to neutral values and back, compiled once per shape. Neutral: blobs are `Buffer`, timestamps integer
 * milliseconds. Decoding never fails: a value of the wrong type is passed on unchanged for validation to name.
 * Encoding is an allow-list: a member that is not declared never leaves the process.
 */
import type { Shape } from './shape-tree.ts';

/** native: RFC 3339 timestamps; aws-json: epoch seconds, `null` is absent, unknown members are ignored. */
export type Dialect = 'native' | 'aws-json';
export type Convert = (value: unknown) => unknown;

const decoders = new Map<Dialect, WeakMap<Shape, Convert>>();
const encoders = new Map<Dialect, WeakMap<Shape, Convert>>();

export function decoder(shape: Shape, dialect: Dialect): Convert {
  return cached(decoders, shape, dialect, buildDecoder);
}

export function encoder(shape: Shape, dialect: Dialect): Convert {
  return cached(encoders, shape, dialect, buildEncoder);
}

function cached(
  store: Map<Dialect, WeakMap<Shape, Convert>>,
  shape: Shape,
  dialect: Dialect,
  build: (shape: Shape, dialect: Dialect) => Convert,
): Convert {
  const table = store.get(dialect) ?? new WeakMap<Shape, Convert>();
  store.set(dialect, table);
  const convert = table.get(shape) ?? build(shape, dialect);
  table.set(shape, convert);
  return convert;
}

const same: Convert = (value) => value;

function buildDecoder(shape: Shape, dialect: Dialect): Convert {
  switch (shape.kind) {
    case 'structure': {
      const members = new Map(shape.members.map((m) => [m.name, decoder(m.shape, dialect)]));
      const lenient = dialect === 'aws-json';
      return (value) => {
        if (!isObject(value)) return value;
        const out: Record<string, unknown> = {};
        for (const name of Object.keys(value)) {
          const item = value[name];
          const convert = members.get(name);
          if (item === null && lenient) continue;
          if (convert) out[name] = convert(item);
          else if (!lenient) out[name] = item;
        }
        return out;
      };
    }
    case 'list': {
      const item = decoder(shape.item, dialect);
      return (value) => (Array.isArray(value) ? value.map(item) : value);
    }
    case 'map': {
      const item = decoder(shape.value, dialect);
      // AWS takes numbers and truth values for the text of a map of strings (encryption contexts).
      const coerce = dialect === 'aws-json' && shape.value.kind === 'string';
      return (value) => {
        if (!isObject(value)) return value;
        const out: Record<string, unknown> = {};
        for (const name of Object.keys(value)) {
          const given = value[name];
          const scalar = typeof given === 'number' || typeof given === 'boolean';
          out[name] = coerce && scalar ? String(given) : item(given);
        }
        return out;
      };
    }
    case 'blob':
      return (value) => (typeof value === 'string' ? (decodeBase64(value) ?? value) : value);
    case 'timestamp':
      return dialect === 'aws-json'
        ? (value) => (typeof value === 'number' ? Math.round(value * 1000) : value)
        : (value) => (typeof value === 'string' ? (parseTimestamp(value) ?? value) : value);
    default:
      return same;
  }
}

function buildEncoder(shape: Shape, dialect: Dialect): Convert {
  switch (shape.kind) {
    case 'structure': {
      const members = shape.members.map((m) => [m.name, encoder(m.shape, dialect)] as const);
      return (value) => {
        const out: Record<string, unknown> = {};
        for (const [name, convert] of members) {
          const item = (value as Record<string, unknown>)[name];
          if (item !== undefined) out[name] = convert(item);
        }
        return out;
      };
    }
    case 'list': {
      const item = encoder(shape.item, dialect);
      return (value) => (value as unknown[]).map(item);
    }
    case 'map': {
      const item = encoder(shape.value, dialect);
      return (value) => Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, item(v)]));
    }
    case 'blob':
      return (value) => (value as Buffer).toString('base64');
    case 'timestamp':
      return dialect === 'aws-json'
        ? (value) => (value as number) / 1000
        : (value) => new Date(value as number).toISOString();
    default:
      return same;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Standard base64, padding optional (some SDKs leave it out); undefined for anything else. */
export function decodeBase64(value: string): Buffer | undefined {
  const bytes = Buffer.from(value, 'base64');
  const core = value.endsWith('==') ? value.length - 2 : value.endsWith('=') ? value.length - 1 : value.length;
  // Buffer.from skips what it does not know, so the length tells whether every character counted.
  if (bytes.length !== Math.floor((core * 3) / 4) || core % 4 === 1) return undefined;
  return value.includes('-') || value.includes('_') ? undefined : bytes;
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

export function parseTimestamp(value: string): number | undefined {
  if (value.length > 40 || !RFC3339.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
