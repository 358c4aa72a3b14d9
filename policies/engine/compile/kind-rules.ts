/** What one kind of policy refuses although the grammar allows it (iam.md 1.2 and the layer errors of 1.11). */
import type { PolicySource } from '../model.ts';
import type { PolicyDocument, Statement } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';

/** Reports every statement that its kind does not permit. */
export function checkKind(document: PolicyDocument, source: PolicySource, findings: FindingList): void {
  for (const statement of document.statements) {
    if (source.kind === 'rcp') checkResourceControl(statement, source.builtIn === true, findings);
    if (source.kind === 'trust') checkTrust(statement, findings);
    if (source.kind === 'endpoint' && statement.principal?.negated) {
      findings.error(
        'not-principal-forbidden',
        statement.principal,
        'NotPrincipal is not permitted in an endpoint policy',
      );
    }
  }
}

function checkResourceControl(statement: Statement, builtIn: boolean, findings: FindingList): void {
  const { principal, action } = statement;
  if (principal && (principal.negated || !principal.bareStar)) {
    findings.error('bad-principal', principal, 'Principal of a resource control policy is not "*"');
  }
  if (builtIn) return;
  if (statement.effect === 'Allow') {
    findings.error('rcp-allow', statement, 'resource control policy contains an Allow', 'only Deny is permitted');
  }
  if (action.negated)
    findings.error('not-action-forbidden', action, 'NotAction is not permitted in a resource control policy');
  for (const pattern of action.patterns) {
    if (pattern.value === '*' || pattern.value === '*:*') {
      findings.error(
        'bare-star-action',
        pattern,
        'action "*" is not permitted in a resource control policy',
        'name the service',
      );
    }
  }
}

function checkTrust(statement: Statement, findings: FindingList): void {
  const { principal } = statement;
  if (statement.effect !== 'Allow' || !principal) return;
  if (principal.negated) {
    findings.error('not-principal-forbidden', principal, 'NotPrincipal with Allow is not permitted in a trust policy');
  }
  for (const name of principal.names) {
    if (name.value === '*' && statement.conditions.length === 0) {
      findings.error('wildcard-principal', name, 'trust policy lets everybody assume the role without a condition');
    }
  }
}
