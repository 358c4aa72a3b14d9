/** Everything the engine has to say about a document (iam.md 1.11): grammar, then limits, then advice. */
import { compileText } from '../compile/compile-policy.ts';
import type { Finding, PolicyKind } from '../model.ts';
import { FindingList } from '../syntax/findings.ts';
import type { ActionCatalogue } from './catalogue.ts';
import { defaultLimits, type PolicyLimits } from './limits.ts';

export interface ValidationOptions {
  readonly kind: PolicyKind;
  /** Enables the checks of action names, condition keys and their types. */
  readonly catalogue?: ActionCatalogue;
  readonly limits?: PolicyLimits;
}

/**
 * Reports without throwing, in document order. A document without `error` findings compiles.
 *
 * @param text the JSON document as the user wrote it: places refer to it.
 */
export function validatePolicy(text: string, options: ValidationOptions): Finding[] {
  const findings = new FindingList(text);
  const limits = options.limits ?? defaultLimits;
  if (text.length > limits.size[options.kind].characters) {
    findings.error('too-long', { pointer: '', offset: 0 }, 'document is too long');
    return findings.sorted();
  }
  compileText(text, { arn: '', kind: options.kind }, findings);
  return findings.sorted();
}
