import { beforeAll, expect, it } from 'vitest';
import { orgApi as api } from '../api/index.ts';
import { onBothEngines } from '../testing/engines.ts';
import { failure, found, member, type OrgWorld, standAlone, unit } from '../testing/harness.ts';

onBothEngines(
  'the tree',
  (the) => {
    let world: OrgWorld;
    let root: string;
    const pathOf = async (id: string) =>
      (await world.ask(api.DescribeOrganizationalUnit, { OrganizationalUnitId: id })).OrganizationalUnit.Path;
    const move = (id: string, to: string, from?: string) =>
      world.ask(api.MoveOrganizationalUnit, {
        OrganizationalUnitId: id,
        DestinationParentId: to,
        ...(from !== undefined && { SourceParentId: from }),
      });

    beforeAll(async () => {
      world = the();
      expect(await failure(world.ask(api.ListRoots))).toBe('OrganizationsNotInUse');
      const stranger = await standAlone(world, 'early');
      expect(await failure(world.as(stranger, api.CreateOrganization, {}))).toBe('AccessDenied');
      root = (await found(world)).rootId;
    });

    it('there is one organization, with all features and one root', async () => {
      expect(await failure(world.ask(api.CreateOrganization))).toBe('AlreadyInOrganization');
      expect(await failure(world.ask(api.CreateOrganization, { FeatureSet: 'CONSOLIDATED_BILLING' }))).toBe(
        'ConstraintViolation/ORGANIZATION_NOT_IN_ALL_FEATURES_MODE',
      );
      expect(await failure(world.ask(api.EnableAllFeatures))).toBe(
        'HandshakeConstraintViolation/ORGANIZATION_ALREADY_HAS_ALL_FEATURES',
      );
      const { Organization } = await world.ask(api.DescribeOrganization);
      expect(Organization).toMatchObject({
        MasterAccountId: world.management.accountId,
        FeatureSet: 'ALL',
        AvailablePolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
      });
      const { Roots } = await world.ask(api.ListRoots);
      expect(Roots).toMatchObject([{ Name: 'Root' }]);
      const { Parents } = await world.ask(api.ListParents, { ChildId: world.management.accountId });
      expect(Parents).toEqual([{ Id: root, Type: 'ROOT' }]);
    });

    it('siblings have names that a reader can tell apart', async () => {
      const a = await unit(world, root, 'Names');
      await unit(world, a, 'Names');
      for (const Name of ['names', ' NAMES ', 'ＮＡＭＥＳ'])
        expect(await failure(world.ask(api.CreateOrganizationalUnit, { ParentId: root, Name }))).toBe(
          'DuplicateOrganizationalUnit',
        );
      const b = await unit(world, root, 'Others');
      const rename = (Name: string) => world.ask(api.UpdateOrganizationalUnit, { OrganizationalUnitId: b, Name });
      expect(await failure(rename('nAmes'))).toBe('DuplicateOrganizationalUnit');
      expect((await rename('others')).OrganizationalUnit).toMatchObject({ Id: b, Name: 'others' });
    });

    it('a unit stands five levels deep at most, and a move counts its deepest descendant', async () => {
      const chain = [root];
      for (let level = 1; level <= 5; level++)
        chain.push(await unit(world, chain[level - 1] as string, `level ${level}`));
      const tooDeep = 'ConstraintViolation/OU_DEPTH_LIMIT_EXCEEDED';
      expect(await failure(unit(world, chain[5] as string, 'level 6'))).toBe(tooDeep);
      const pair = await unit(world, root, 'pair');
      const below = await unit(world, pair, 'below');
      expect(await failure(move(pair, chain[4] as string))).toBe(tooDeep);
      await move(pair, chain[3] as string);
      const { organization_id } = await world.store.read
        .selectFrom('organization')
        .selectAll()
        .executeTakeFirstOrThrow();
      expect(await pathOf(below)).toBe(`${organization_id}/${[...chain.slice(0, 4), pair, below].join('/')}/`);
      await move(pair, root);
      expect(await pathOf(below)).toBe(`${organization_id}/${root}/${pair}/${below}/`);
    });

    it('a unit moves with everything below it, never into itself', async () => {
      const [from, to] = [await unit(world, root, 'from'), await unit(world, root, 'to')];
      const mover = await unit(world, from, 'mover');
      const inner = await unit(world, mover, 'inner');
      const account = await member(world, 'passenger', inner);
      expect(await failure(move(mover, mover))).toBe('InvalidInput/INVALID_PATTERN_TARGET_ID');
      expect(await failure(move(mover, inner))).toBe('InvalidInput/INVALID_PATTERN_TARGET_ID');
      expect(await failure(move(mover, to, to))).toBe('SourceParentNotFound');
      await unit(world, to, 'MOVER').then(async (twin) => {
        expect(await failure(move(mover, to))).toBe('DuplicateOrganizationalUnit');
        await world.ask(api.DeleteOrganizationalUnit, { OrganizationalUnitId: twin });
      });
      await move(mover, to, from);
      const { Account } = await world.ask(api.DescribeAccount, { AccountId: account });
      expect(Account.Paths[0]).toContain(`/${to}/${mover}/${inner}/${account}/`);
      // To where it is already: nothing happens.
      await move(mover, to);
      expect((await world.ask(api.ListParents, { ChildId: mover })).Parents).toEqual([
        { Id: to, Type: 'ORGANIZATIONAL_UNIT' },
      ]);
    });

    it('a unit is deleted only when it is empty', async () => {
      const full = await unit(world, root, 'full');
      const child = await unit(world, full, 'child');
      const remove = (id: string) => world.ask(api.DeleteOrganizationalUnit, { OrganizationalUnitId: id });
      expect(await failure(remove(full))).toBe('OrganizationalUnitNotEmpty');
      await remove(child);
      const account = await member(world, 'tenant', full);
      expect(await failure(remove(full))).toBe('OrganizationalUnitNotEmpty');
      const place = { AccountId: account, SourceParentId: full, DestinationParentId: root };
      await world.ask(api.MoveAccount, place);
      expect(await failure(world.ask(api.MoveAccount, place))).toBe('SourceParentNotFound');
      expect(await failure(world.ask(api.MoveAccount, { ...place, SourceParentId: root }))).toBe('DuplicateAccount');
      await remove(full);
      expect(await failure(remove(full))).toBe('OrganizationalUnitNotFound');
      expect(await failure(world.ask(api.MoveAccount, { ...place, DestinationParentId: full }))).toMatch(
        /SourceParentNotFound/,
      );
    });

    it('missing things answer the error of their place', async () => {
      const ghost = `ou-${root.slice(2)}-aaaaaaaa`;
      const account = await member(world, 'placed');
      const answers = {
        ParentNotFound: () => world.ask(api.ListOrganizationalUnitsForParent, { ParentId: ghost }),
        ChildNotFound: () => world.ask(api.ListParents, { ChildId: ghost }),
        AccountNotFound: () => world.ask(api.DescribeAccount, { AccountId: '999999999999' }),
        DestinationParentNotFound: () =>
          world.ask(api.MoveAccount, {
            AccountId: account,
            SourceParentId: root,
            DestinationParentId: ghost,
          }),
        OrganizationalUnitNotFound: () => world.ask(api.DescribeOrganizationalUnit, { OrganizationalUnitId: ghost }),
      };
      for (const [code, work] of Object.entries(answers)) expect(await failure(work())).toBe(code);
    });

    it('lists come in pages that belong together', async () => {
      const parent = await unit(world, root, 'wide');
      const names = ['a', 'b', 'c', 'd', 'e'];
      for (const name of names) await unit(world, parent, name);
      const seen: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await world.ask(api.ListOrganizationalUnitsForParent, {
          ParentId: parent,
          MaxResults: 2,
          ...(NextToken !== undefined && { NextToken }),
        });
        seen.push(...page.OrganizationalUnits.map((found) => found.Name));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      expect(seen.sort()).toEqual(names);
      const first = await world.ask(api.ListChildren, {
        ParentId: parent,
        ChildType: 'ORGANIZATIONAL_UNIT',
        MaxResults: 1,
      });
      const elsewhere = { ParentId: root, ChildType: 'ORGANIZATIONAL_UNIT', NextToken: first.NextToken };
      expect(await failure(world.ask(api.ListChildren, elsewhere))).toBe('InvalidInput/INVALID_NEXT_TOKEN');
    });

    it('is answered whole, in pages, with what is attached', async () => {
      const whole = await world.ask(api.DescribeOrganizationTree, { ExpandPolicies: true });
      expect(whole.Nodes[0]).toMatchObject({ Id: root, Type: 'ROOT' });
      expect(whole.Nodes.every((node) => node.Policies?.[0]?.PolicyId === 'p-FullAWSAccess')).toBe(true);
      const ids: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await world.ask(api.DescribeOrganizationTree, {
          MaxResults: 3,
          ...(NextToken !== undefined && { NextToken }),
        });
        expect(page.Revision).toBe(whole.Revision);
        ids.push(...page.Nodes.map((node) => node.Id));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      expect(ids).toEqual(whole.Nodes.map((node) => node.Id));
      const parents = new Set(whole.Nodes.filter((node) => node.Type !== 'ACCOUNT').map((node) => node.Id));
      for (const { Id, ParentId } of whole.Nodes.slice(1))
        expect([Id, parents.has(ParentId as string)]).toEqual([Id, true]);
    });

    it('the number of units is limited', async () => {
      const units = async () =>
        (await world.ask(api.DescribeOrganizationTree)).Nodes.filter((n) => n.Type === 'ORGANIZATIONAL_UNIT').length;
      for (let free = 40 - (await units()); free > 0; free--) await unit(world, root, `filler ${free}`);
      expect(await failure(unit(world, root, 'one more'))).toBe('ConstraintViolation/OU_NUMBER_LIMIT_EXCEEDED');
    });

    it('the organization is deleted only without other members, and can be made anew', async () => {
      expect(await failure(world.ask(api.DeleteOrganization))).toBe('OrganizationNotEmpty');
      const { Accounts } = await world.ask(api.ListAccounts, { MaxResults: 100 });
      for (const { Id } of Accounts)
        if (Id !== world.management.accountId) await world.ask(api.RemoveAccountFromOrganization, { AccountId: Id });
      await world.ask(api.DeleteOrganization);
      expect(await failure(world.ask(api.DescribeOrganization))).toBe('OrganizationsNotInUse');
      const view = await world.internal.GetOrganizationView({});
      expect(view).toMatchObject({ Units: [], Accounts: [], Attachments: [], Policies: [], EnabledPolicyTypes: [] });
      expect('Organization' in view).toBe(false);
      await found(world);
    });
  },
  { limits: { units: 40 } },
);
