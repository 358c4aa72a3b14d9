/**
 * What a lint sees of a certificate that is about to be issued. Lints read the bytes that will be signed, not the plan
 * they were written from: a mistake in writing is found like any other.
 */

import type { Issuer } from '../issuing.ts';
import type { Template } from '../template.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { PublicKeyFacts } from '../x509/public-key.ts';

export interface LintContext {
  now: number;
  template: Template;
  issuer: Issuer;
  /** The authority issues certificates of 7 days at most. */
  shortLived: boolean;
  /** Where its list of revoked certificates will be; undefined: it publishes none. */
  crlUri?: string | undefined;
  known: KnownFacts;
}

/** What the records say about key and subject. */
export interface KnownFacts {
  /** The account has blocked the key. */
  isBlocked: boolean;
  /** The key is that of an authority, other than a root that issues for itself. */
  isAuthorityKey: boolean;
  /** The key was certified for another subject. */
  isReused: boolean;
  /** Authorities with the same subject. */
  namesakes: readonly { sameKey: boolean; sameConstraints: boolean }[];
}

export interface Say {
  error(message: string): void;
  warn(message: string): void;
}

export interface Lint {
  /** Number in the list that the rules come from. */
  id: number;
  name: string;
  appliesTo: 'all' | 'authority' | 'end-entity';
  check(certificate: Certificate, context: LintContext, say: Say): void;
}

/** With its key, once that could be read. */
export type KeyCheck = (key: PublicKeyFacts, certificate: Certificate, context: LintContext, say: Say) => void;
