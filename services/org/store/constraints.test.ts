/** The invariants of the tree hold in the database, whatever the code does. */
import { beforeAll, expect, it } from 'vitest';
import { onBothEngines } from '../testing/engines.ts';
import { found, guardrail, member, type OrgWorld, unit } from '../testing/harness.ts';
import type { Tx } from './db.ts';

onBothEngines('the database refuses', (the) => {
  let world: OrgWorld;
  let root: string;
  let organization: string;
  let upper: string;
  let lower: string;
  let account: string;

  beforeAll(async () => {
    world = the();
    const made = await found(world);
    root = made.rootId;
    organization = made.organizationId;
    upper = await unit(world, root, 'upper');
    lower = await unit(world, upper, 'lower');
    account = await member(world, 'someone', lower);
  });

  const refused = async (work: (tx: Tx) => Promise<unknown>) => {
    await expect(world.store.transaction(async (tx) => void (await work(tx)))).rejects.toThrow();
  };
  const accepted = (work: (tx: Tx) => Promise<unknown>) => world.store.transaction(async (tx) => void (await work(tx)));
  const nodeRow = (node_id: string) => ({
    node_id,
    organization_id: organization,
    kind: 'unit' as const,
    parent_id: root,
    parent_depth: 0,
    depth: 1,
    path: `${root}/${node_id}`,
    name: node_id,
    name_key: node_id,
    created_at: 1,
  });

  it('a second organization', () =>
    refused((tx) =>
      tx
        .insertInto('organization')
        .values({
          organization_id: 'o-second0000',
          slot: 1,
          management_account_id: '1',
          root_id: 'r-zzzz',
          created_at: 1,
        })
        .execute(),
    ));

  it('an organization beside the one slot', () =>
    refused((tx) =>
      tx
        .insertInto('organization')
        .values({
          organization_id: 'o-second0000',
          slot: 2,
          management_account_id: '1',
          root_id: 'r-zzzz',
          created_at: 1,
        })
        .execute(),
    ));

  it('a second root', () =>
    refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('r-zzzz'), kind: 'root', parent_id: null, parent_depth: null, depth: 0 })
        .execute(),
    ));

  it('a unit without a parent, and one under nothing', async () => {
    await refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('x'), parent_id: null, parent_depth: null })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('x'), parent_id: 'ou-none' })
        .execute(),
    );
  });

  it('a cycle', () =>
    refused((tx) =>
      tx
        .updateTable('node')
        .set({ parent_id: lower, parent_depth: 2, depth: 3 })
        .where('node_id', '=', upper)
        .execute(),
    ));

  it('a unit that does not stand exactly below its parent', async () => {
    await refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('x'), depth: 2 })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('x'), parent_depth: 4, depth: 5 })
        .execute(),
    );
    await refused((tx) =>
      tx.updateTable('node').set({ parent_depth: 1, depth: 2 }).where('node_id', '=', upper).execute(),
    );
  });

  it('a unit deeper than ten', () =>
    refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('x'), parent_depth: 10, depth: 11 })
        .execute(),
    ));

  it('two siblings of one name', () =>
    refused((tx) =>
      tx
        .insertInto('node')
        .values({ ...nodeRow('x'), name_key: 'upper' })
        .execute(),
    ));

  it('the end of a unit that holds something', async () => {
    await refused((tx) => tx.deleteFrom('node').where('node_id', '=', upper).execute());
    await refused((tx) => tx.deleteFrom('node').where('node_id', '=', lower).execute());
  });

  it('a member without a place, and a place without membership', async () => {
    const set = (change: object) =>
      refused((tx) => tx.updateTable('account').set(change).where('account_id', '=', account).execute());
    await set({ parent_id: null });
    await set({ organization_id: null });
    await set({ parent_id: 'ou-none' });
    await set({ state: 'AWAY' });
  });

  it('two accounts of one address, and one account twice', async () => {
    const row = await world.store.read
      .selectFrom('account')
      .selectAll()
      .where('account_id', '=', account)
      .executeTakeFirstOrThrow();
    await refused((tx) =>
      tx
        .insertInto('account')
        .values({ ...row, account_id: '111111111111' })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('account')
        .values({ ...row, email_key: null })
        .execute(),
    );
  });

  it('a policy twice on one node, one that does not exist, and one in use that goes', async () => {
    const policy_id = await guardrail(world, 'constraint');
    const row = {
      target_id: upper,
      policy_id,
      type: 'SERVICE_CONTROL_POLICY' as const,
      mode: 'enforce' as const,
      node_id: upper,
      account_id: null,
      own_policy_id: policy_id,
      attached_at: 1,
    };
    await accepted((tx) => tx.insertInto('attachment').values(row).execute());
    await refused((tx) => tx.insertInto('attachment').values(row).execute());
    await refused((tx) => tx.deleteFrom('policy').where('policy_id', '=', policy_id).execute());
    const elsewhere = { ...row, target_id: lower, node_id: lower };
    await refused((tx) =>
      tx
        .insertInto('attachment')
        .values({ ...elsewhere, policy_id: 'p-none', own_policy_id: 'p-none' })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('attachment')
        .values({ ...elsewhere, type: 'RESOURCE_CONTROL_POLICY' })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('attachment')
        .values({ ...elsewhere, node_id: upper })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('attachment')
        .values({ ...elsewhere, account_id: account })
        .execute(),
    );
    await refused((tx) =>
      tx
        .insertInto('attachment')
        .values({ ...elsewhere, mode: 'hope' as 'observe' })
        .execute(),
    );
  });

  it('two open invitations of one account', async () => {
    const row = {
      handshake_id: 'h-aaaaaaaaaa',
      organization_id: organization,
      account_id: '222222222222',
      target_type: 'ACCOUNT' as const,
      target_value: '222222222222',
      state: 'REQUESTED' as const,
      notes: null,
      tags: '[]',
      requested_at: 1,
      expires_at: 2,
      ended_at: null,
    };
    await accepted((tx) => tx.insertInto('handshake').values(row).execute());
    await refused((tx) =>
      tx
        .insertInto('handshake')
        .values({ ...row, handshake_id: 'h-bbbbbbbbbb' })
        .execute(),
    );
    const ended = { ...row, handshake_id: 'h-cccccccccc', state: 'DECLINED' as const };
    await refused((tx) => tx.insertInto('handshake').values(ended).execute());
    await accepted((tx) =>
      tx
        .insertInto('handshake')
        .values({ ...ended, ended_at: 3 })
        .execute(),
    );
  });

  it('a delegation without trust in the service', () =>
    refused((tx) =>
      tx
        .insertInto('delegated_administrator')
        .values({
          service_principal: 'kms.amazonaws.com',
          account_id: account,
          organization_id: organization,
          enabled_at: 1,
        })
        .execute(),
    ));
});
