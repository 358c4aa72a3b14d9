import {
  DisableAWSServiceAccess,
  EnableAWSServiceAccess,
  ListAWSServiceAccessForOrganization,
} from '../../api/delegation.ts';
import { listServiceAccess } from '../../store/delegation.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { wholeOrganization } from '../standing.ts';
import { distrust, trust } from './delegation-changes.ts';

/** The question about a service as a whole. */
export const aboutService = (name: string) =>
  ({ resource: '*', context: [['organizations:ServicePrincipal', name]] }) as const;

export const enableAWSServiceAccess = implement(EnableAWSServiceAccess, {
  resolve: (call, input, deps) => wholeOrganization(call, deps, aboutService(input.ServicePrincipal)),
  run(call, input, { organization }, deps) {
    return plainChange(deps, call, organization, input.ServicePrincipal, async (at) => {
      await trust(at, input.ServicePrincipal);
      return undefined;
    });
  },
});

export const disableAWSServiceAccess = implement(DisableAWSServiceAccess, {
  resolve: (call, input, deps) => wholeOrganization(call, deps, aboutService(input.ServicePrincipal)),
  run(call, input, { organization }, deps) {
    return plainChange(deps, call, organization, input.ServicePrincipal, async (at) => {
      await distrust(at, input.ServicePrincipal);
      return undefined;
    });
  },
});

export const listAWSServiceAccessForOrganization = implement(ListAWSServiceAccessForOrganization, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization }, deps) {
    const page = openPage(deps, call, input);
    const found = await listServiceAccess(deps.store.read, organization.organization_id, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.service_principal);
    return {
      EnabledServicePrincipals: rows.map((row) => ({
        ServicePrincipal: row.service_principal,
        DateEnabled: row.enabled_at,
      })),
      ...output,
    };
  },
});
