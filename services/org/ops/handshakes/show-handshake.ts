import type { OutputOf } from '../../../../platform/contract/operation.ts';
import type { DescribeHandshake } from '../../api/handshakes.ts';
import type { OrgDeps } from '../../deps.ts';
import { stateAt } from '../../domain/handshake.ts';
import { handshakeArn } from '../../domain/names.ts';
import { accountById } from '../../store/accounts.ts';
import type { Db, HandshakeRow, OrganizationRow } from '../../store/db.ts';
import { scopeOf } from '../standing.ts';

type Handshake = OutputOf<typeof DescribeHandshake>['Handshake'];

/** The recipient learns what AWS tells: id of the organization, name and address of its management account. */
export async function showHandshakes(
  db: Db,
  deps: OrgDeps,
  organization: OrganizationRow,
  rows: readonly HandshakeRow[],
): Promise<Handshake[]> {
  const management = await accountById(db, organization.management_account_id);
  const scope = scopeOf(deps, organization);
  const now = deps.clock.now();
  return rows.map((row) => ({
    Id: row.handshake_id,
    Arn: handshakeArn(scope, row.handshake_id),
    Parties: [
      { Id: organization.organization_id.slice(2), Type: 'ORGANIZATION' as const },
      { Id: row.target_value, Type: row.target_type },
    ],
    State: stateAt(row, now),
    RequestedTimestamp: row.requested_at,
    ExpirationTimestamp: row.expires_at,
    Action: 'INVITE' as const,
    Resources: [
      {
        Type: 'ORGANIZATION' as const,
        Value: organization.organization_id,
        Resources: [
          ...(management?.email != null ? [{ Type: 'MASTER_EMAIL' as const, Value: management.email }] : []),
          ...(management ? [{ Type: 'MASTER_NAME' as const, Value: management.name }] : []),
          { Type: 'ORGANIZATION_FEATURE_SET' as const, Value: 'ALL' },
        ],
      },
      { Type: row.target_type, Value: row.target_value },
      ...(row.notes !== null ? [{ Type: 'NOTES' as const, Value: row.notes }] : []),
    ],
  }));
}

export async function showHandshake(
  db: Db,
  deps: OrgDeps,
  organization: OrganizationRow,
  row: HandshakeRow,
): Promise<Handshake> {
  const [shown] = await showHandshakes(db, deps, organization, [row]);
  return shown as Handshake;
}
