/** The typed document: what the reader produces and what the compiler, the validator and tools work on. */
import type { Place } from './findings.ts';

/** A string of the document and where it stands. */
export interface Text extends Place {
  readonly value: string;
}
/** An element that exists in a plain and in a `Not` form. */
export interface PatternElement extends Place {
  readonly negated: boolean;
  readonly patterns: readonly Text[];
}
export type PrincipalType = 'AWS' | 'Service' | 'Federated' | 'CanonicalUser';
export interface PrincipalName extends Text {
  readonly type: PrincipalType;
}
export interface PrincipalElement extends Place {
  readonly negated: boolean;
  /** Written as the bare string `"*"`. */
  readonly bareStar: boolean;
  readonly names: readonly PrincipalName[];
}
export interface ConditionElement extends Place {
  readonly operator: Text;
  readonly key: Text;
  readonly values: readonly Text[];
}
export interface Statement extends Place {
  readonly index: number;
  /** Offset behind the closing brace. */
  readonly end: number;
  readonly sid?: Text;
  readonly effect: 'Allow' | 'Deny';
  readonly principal?: PrincipalElement;
  readonly action: PatternElement;
  readonly resource?: PatternElement;
  readonly conditions: readonly ConditionElement[];
}
export interface PolicyDocument extends Place {
  readonly version: '2012-10-17' | '2008-10-17';
  /** Undefined when the document does not state its version. */
  readonly versionPlace?: Place;
  readonly id?: Text;
  readonly statements: readonly Statement[];
}
