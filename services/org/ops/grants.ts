/** What members other than the management account may do with the organization, as one resource policy. */
import { LRUCache } from 'lru-cache';
import { buildPolicySet, type CompiledPolicy, compilePolicy, type PolicySet } from '../../../policies/engine/index.ts';
import type { OrgDeps } from '../deps.ts';
import { READ_ACTIONS } from '../domain/delegation.ts';
import { organizationArn, resourcePolicyArn } from '../domain/names.ts';
import { delegationsOf, type ResourcePolicyRow, resourcePolicy } from '../store/delegation.ts';
import type { Standing } from './standing.ts';

const compiled = new LRUCache<string, CompiledPolicy>({ max: 100 });

/** Undefined for the management account: it needs no grant, and no policy of its own can lock it out. */
export async function grantsFor(deps: OrgDeps, standing: Standing): Promise<PolicySet | undefined> {
  const { organization, member } = standing;
  if (member.account_id === organization.management_account_id) return undefined;
  const db = deps.store.read;
  const written = await resourcePolicy(db, organization.organization_id);
  const delegated = (await delegationsOf(db, member.account_id, { after: undefined, limit: 1 })).length > 0;
  return buildPolicySet([
    ...(written ? [compileWritten(standing, written)] : []),
    ...(delegated ? [readAccess(standing)] : []),
  ]);
}

function compileWritten({ scope }: Standing, { policy_id, content, updated_at }: ResourcePolicyRow): CompiledPolicy {
  const arn = resourcePolicyArn(scope, policy_id);
  return remembered(`${arn}\n${content}`, () =>
    compilePolicy(content, { arn, kind: 'resource', version: String(updated_at), name: 'resource policy' }),
  );
}

/** A delegated administrator reads all of the organization (spec org 3.8). */
function readAccess({ scope, member }: Standing): CompiledPolicy {
  const arn = organizationArn(scope);
  const document = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'DelegatedAdministratorReads',
        Effect: 'Allow',
        Principal: { AWS: member.account_id },
        Action: READ_ACTIONS,
        Resource: '*',
      },
    ],
  };
  return remembered(`${arn}\n${member.account_id}`, () =>
    compilePolicy(document, { arn, kind: 'resource', name: 'delegated administration' }),
  );
}

function remembered(key: string, compile: () => CompiledPolicy): CompiledPolicy {
  const known = compiled.get(key) ?? compile();
  compiled.set(key, known);
  return known;
}
