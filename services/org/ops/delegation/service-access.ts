import {
  DisableAWSServiceAccess,
  EnableAWSServiceAccess,
  ListAWSServiceAccessForOrganization,
} from '../../api/delegation.ts';
import { isServicePrincipal } from '../../domain/service-principals.ts';
import { distrustService, listServiceAccess, trustService } from '../../store/delegation.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type AnyCall, wholeOrganization } from '../standing.ts';

/** The question about a service as a whole. */
export const aboutService = (name: string) =>
  ({ resource: '*', context: [['organizations:ServicePrincipal', name]] }) as const;

export function requireService(call: AnyCall, name: string): void {
  if (isServicePrincipal(name)) return;
  throw call.fail('InvalidInput', `${name} is no service of this product`, {
    details: { reason: 'UNRECOGNIZED_SERVICE_PRINCIPAL' },
  });
}

export const enableAWSServiceAccess = implement(EnableAWSServiceAccess, {
  resolve: (call, input, deps) => wholeOrganization(call, deps, aboutService(input.ServicePrincipal)),
  run(call, input, { organization }) {
    requireService(call, input.ServicePrincipal);
    return plainChange(call, organization, input.ServicePrincipal, async (tx) => {
      await trustService(tx, organization.organization_id, input.ServicePrincipal, call.now);
      return undefined;
    });
  },
});

export const disableAWSServiceAccess = implement(DisableAWSServiceAccess, {
  resolve: (call, input, deps) => wholeOrganization(call, deps, aboutService(input.ServicePrincipal)),
  run(call, input, { organization }) {
    requireService(call, input.ServicePrincipal);
    return plainChange(call, organization, input.ServicePrincipal, async (tx) => {
      await distrustService(tx, organization.organization_id, input.ServicePrincipal);
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
