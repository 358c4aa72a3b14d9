/**
 * Strict JSON (RFC 8259) with the place of every element. Guarantees that what is read is what every other JSON
 * parser reads: a repeated member name, a lone surrogate, a control character, a byte order mark, trailing text and
 * nesting deeper than 32 are refused. Numbers keep their text, because conditions compare exact decimals.
 */
import type { Text } from './ast.ts';
import type { FindingList, Place } from './findings.ts';

export interface JsonObject extends Place {
  readonly type: 'object';
  readonly members: readonly JsonMember[];
  /** Offset behind the closing brace. */
  readonly end: number;
}
export interface JsonMember extends Place {
  readonly name: string;
  readonly value: JsonNode;
}
export interface JsonArray extends Place {
  readonly type: 'array';
  readonly items: readonly JsonNode[];
}
export interface JsonScalar extends Place {
  readonly type: 'string' | 'number' | 'boolean' | 'null';
  /** The string's content, or the source text of the number or literal. */
  readonly text: string;
}
export type JsonNode = JsonObject | JsonArray | JsonScalar;

const MAX_DEPTH = 32;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const HEX = /^[0-9a-fA-F]{4}$/;

/** Adds one RFC 6901 reference token to a pointer. */
export function childPointer(pointer: string, token: string | number): string {
  return `${pointer}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Reads the whole text. Undefined when it is not JSON (an error was reported); duplicate names are reported too. */
export function readJson(text: string, findings: FindingList): JsonNode | undefined {
  const reader = new JsonReader(text, findings);
  try {
    return reader.document();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    findings.error(error.code, error, error.message);
    return undefined;
  }
}

/** The member of that name, or undefined. */
export function memberNamed(node: JsonObject, name: string): JsonMember | undefined {
  return node.members.find((member) => member.name === name);
}

/** The node as a string; reports and returns undefined when it is something else. */
export function readText(node: JsonNode, what: string, findings: FindingList): Text | undefined {
  if (node.type === 'string') return { value: node.text, pointer: node.pointer, offset: node.offset };
  findings.error('wrong-type', node, `${what} is not a string`);
  return undefined;
}

class Stop extends Error implements Place {
  readonly code: string;
  readonly pointer: string;
  readonly offset: number;
  constructor(code: string, place: Place, message: string) {
    super(message);
    this.code = code;
    this.pointer = place.pointer;
    this.offset = place.offset;
  }
}

class JsonReader {
  readonly #text: string;
  readonly #findings: FindingList;
  #at = 0;

  constructor(text: string, findings: FindingList) {
    this.#text = text;
    this.#findings = findings;
  }

  document(): JsonNode {
    if (this.#text.startsWith('\uFEFF')) this.#fail('', 'text begins with a byte order mark');
    this.#space();
    const node = this.#value('', 0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('', 'text continues after the end of the document');
    return node;
  }

  #value(pointer: string, depth: number): JsonNode {
    if (depth > MAX_DEPTH) this.#fail(pointer, `nesting is deeper than ${MAX_DEPTH}`);
    const offset = this.#at;
    const next = this.#text[offset];
    if (next === '{') return this.#object(pointer, depth);
    if (next === '[') return this.#array(pointer, depth);
    if (next === '"') return { type: 'string', text: this.#string(pointer), pointer, offset };
    const literal = this.#token(LITERAL);
    if (literal) return { type: literal === 'null' ? 'null' : 'boolean', text: literal, pointer, offset };
    const number = this.#token(NUMBER);
    if (number) return { type: 'number', text: number, pointer, offset };
    return this.#fail(pointer, next === undefined ? 'text ends where a value is expected' : 'value is not JSON');
  }

  #object(pointer: string, depth: number): JsonObject {
    const offset = this.#at++;
    const members: JsonMember[] = [];
    const names = new Set<string>();
    this.#space();
    if (this.#accept('}')) return { type: 'object', members, pointer, offset, end: this.#at };
    do {
      this.#space();
      const at = this.#at;
      if (this.#text[at] !== '"') this.#fail(pointer, 'member name is not a string in double quotes');
      const name = this.#string(pointer);
      const place = childPointer(pointer, name);
      if (names.has(name)) {
        this.#findings.error('duplicate-key', { pointer: place, offset: at }, `member "${name}" appears twice`);
      }
      names.add(name);
      this.#space();
      if (!this.#accept(':')) this.#fail(place, 'colon is missing after the member name');
      this.#space();
      members.push({ name, value: this.#value(place, depth + 1), pointer: place, offset: at });
      this.#space();
    } while (this.#accept(','));
    if (!this.#accept('}')) this.#fail(pointer, 'object lacks a comma or its closing brace');
    return { type: 'object', members, pointer, offset, end: this.#at };
  }

  #array(pointer: string, depth: number): JsonArray {
    const offset = this.#at++;
    const items: JsonNode[] = [];
    this.#space();
    if (this.#accept(']')) return { type: 'array', items, pointer, offset };
    do {
      this.#space();
      items.push(this.#value(childPointer(pointer, items.length), depth + 1));
      this.#space();
    } while (this.#accept(','));
    if (!this.#accept(']')) this.#fail(pointer, 'array lacks a comma or its closing bracket');
    return { type: 'array', items, pointer, offset };
  }

  #string(pointer: string): string {
    this.#at++;
    let value = '';
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) return this.#fail(pointer, 'string is not closed');
      if (character < ' ') return this.#fail(pointer, 'string contains a control character');
      this.#at++;
      if (character === '"') break;
      value += character === '\\' ? this.#escape(pointer) : character;
    }
    if (LONE_SURROGATE.test(value)) this.#fail(pointer, 'string contains half of a surrogate pair');
    return value;
  }

  #escape(pointer: string): string {
    const letter = this.#text[this.#at++];
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at, this.#at + 4);
      if (!HEX.test(hex)) this.#fail(pointer, 'escape \\u is not followed by four hexadecimal digits');
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = letter === undefined ? undefined : SIMPLE_ESCAPES[letter];
    return plain ?? this.#fail(pointer, 'escape sequence is unknown');
  }

  #token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found) this.#at += found.length;
    return found;
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #fail(pointer: string, message: string): never {
    throw new Stop('bad-json', { pointer, offset: this.#at }, message);
  }
}
