/**
 * Everything the engine has to say about a document (iam.md 1.11). Guarantees that a document without `error`
 * findings compiles, and that every finding points at the place the author has to change. Grammar and operands are
 * reported by the compiler itself, so the validator can never accept what the compiler refuses.
 */
import { compileText } from '../compile/compile-policy.ts';
import type { Finding, PolicyKind } from '../model.ts';
import { FindingList } from '../syntax/findings.ts';
import { checkArns } from './arns.ts';
import type { ActionCatalogue } from './catalogue.ts';
import { checkConditions } from './conditions.ts';
import { defaultLimits, type PolicyLimits } from './limits.ts';
import { checkReferences } from './references.ts';
import { checkSecurity } from './security.ts';
import { checkCharacters, checkSize, checkStatementCount } from './size.ts';
import { checkStyle } from './style.ts';

export interface ValidationOptions {
  readonly kind: PolicyKind;
  /** Enables the checks of action names, resource types, condition keys and their types. */
  readonly catalogue?: ActionCatalogue;
  /** Default: `defaultLimits`. */
  readonly limits?: PolicyLimits;
  /** For documents shipped with the product, see `PolicySource.builtIn`. */
  readonly builtIn?: boolean;
}

/**
 * Reports without throwing, in document order. A document over the size limit is not looked at any further.
 *
 * @param text the JSON document as its author wrote it: places refer to it.
 */
export function validatePolicy(text: string, options: ValidationOptions): Finding[] {
  const { kind, catalogue, limits = defaultLimits, builtIn = false } = options;
  const findings = new FindingList(text);
  if (!checkSize(text, limits.size[kind], findings)) return findings.sorted();
  if (limits.latin1Only) checkCharacters(text, findings);
  const compiled = compileText(text, { arn: '', kind, builtIn }, findings);
  if (!compiled) return findings.sorted();
  const { document } = compiled;
  checkStatementCount(document, limits.statements, findings);
  checkArns(document, findings);
  checkConditions(document, findings);
  checkSecurity(document, kind, findings);
  checkStyle(document, findings);
  if (catalogue) checkReferences(document, catalogue, findings);
  return findings.sorted();
}
