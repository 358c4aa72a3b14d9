/** What a JSON document may be. Every limit is checked before `JSON.parse` builds anything. */
export interface JsonLimits {
  /** Nesting of objects and arrays. */
  readonly maxDepth: number;
  readonly maxKeysPerObject: number;
  /** Keys, scalar values and containers together. */
  readonly maxTokens: number;
  /** UTF-8 bytes between the quotes, escapes counted as written. */
  readonly maxStringBytes: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = {
  maxDepth: 32,
  maxKeysPerObject: 1_000,
  maxTokens: 20_000,
  maxStringBytes: 256 * 1024,
};

export type JsonFailureCode =
  | 'Empty'
  | 'ByteOrderMark'
  | 'InvalidUtf8'
  | 'Syntax'
  | 'TrailingData'
  | 'TooDeep'
  | 'TooManyKeys'
  | 'TooManyTokens'
  | 'StringTooLong'
  | 'DuplicateKey'
  | 'ForbiddenKey'
  | 'NumberOutOfRange'
  | 'LoneSurrogate'
  | 'NulCharacter';

export interface JsonFailure {
  readonly ok: false;
  readonly code: JsonFailureCode;
  /** One clause; never holds content of the document. */
  readonly message: string;
  /** RFC 6901 pointer to the value or member, as far as it was read; absent when nothing was readable. */
  readonly pointer?: string;
  /** Byte offset from 0. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (UTF-16 units) of the line. */
  readonly column: number;
}

export interface JsonSuccess {
  readonly ok: true;
  readonly value: unknown;
}

export const JSON_FAILURE_MESSAGES: Readonly<Record<JsonFailureCode, string>> = {
  Empty: 'document is empty',
  ByteOrderMark: 'document begins with a byte order mark',
  InvalidUtf8: 'document is not valid UTF-8',
  Syntax: 'document is not JSON',
  TrailingData: 'document goes on after its value',
  TooDeep: 'document is nested too deeply',
  TooManyKeys: 'object has too many members',
  TooManyTokens: 'document has too many values',
  StringTooLong: 'string is too long',
  DuplicateKey: 'member name is repeated in its object',
  ForbiddenKey: 'member name is reserved',
  NumberOutOfRange: 'number cannot be represented exactly',
  LoneSurrogate: 'string holds half a surrogate pair',
  NulCharacter: 'string holds a NUL character',
};
