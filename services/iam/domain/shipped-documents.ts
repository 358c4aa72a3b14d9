/** The managed policies that come with the product. */
import type { ShippedDocument } from './shipped.ts';

export const SHIPPED_DOCUMENTS: readonly ShippedDocument[] = [
  {
    name: 'AdministratorAccess',
    path: '/',
    description: 'Everything in the account.',
    document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  },
];
