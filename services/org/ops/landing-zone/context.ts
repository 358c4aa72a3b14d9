/** What plans of landing zones rest on besides the organization: shipped guardrails, the actions of the product. */

import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { readShippedGuardrails } from '../../../../policies/guardrails/files.ts';
import { auditOperations } from '../../../audit/api/index.ts';
import { iamApi } from '../../../iam/api/index.ts';
import { kmsOperations } from '../../../kms/api/index.ts';
import { orgApi } from '../../api/index.ts';
import type { GuardrailLibrary } from '../../domain/landing-zone/file/ceilings.ts';

let library: GuardrailLibrary | undefined;

/** Read once, with the first plan. */
export function guardrailLibrary(): GuardrailLibrary {
  library ??= readShippedGuardrails();
  return library;
}

let actions: readonly string[] | undefined;

/** Every action that a policy can be about. */
export function productActions(): readonly string[] {
  if (actions) return actions;
  const all: AnyOperation[] = [iamApi, kmsOperations, orgApi, auditOperations].flatMap((table) => Object.values(table));
  const named = all.flatMap(({ authz }) =>
    typeof authz === 'object' ? [authz.action, ...(authz.alsoChecks ?? [])] : [],
  );
  actions = [...new Set(named)].sort();
  return actions;
}
