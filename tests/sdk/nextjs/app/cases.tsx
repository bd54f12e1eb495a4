'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CounselError } from '@counsel/sdk';
import { createCaseMutation, listCasesOptions, listCasesQueryKey } from '@counsel/sdk/react-query';
import { client, query } from '../lib/page';

export function Cases() {
  const queries = useQueryClient();
  const cases = useQuery(listCasesOptions({ client, query }));
  const create = useMutation({
    ...createCaseMutation({ client }),
    onSuccess: () => queries.invalidateQueries({ queryKey: listCasesQueryKey({ client, query }) }),
  });
  return (
    <>
      <ul>{cases.data?.items.map(({ id, title }) => <li key={id}>{title}</li>)}</ul>
      <button onClick={() => create.mutate({ body: { title: 'Opened in the browser' } })}>Open</button>
      <button onClick={() => create.mutate({ body: { title: '' } })}>Open without a title</button>
      {create.error instanceof CounselError && <p role="alert">{create.error.errors?.[0]?.pointer ?? create.error.code}</p>}
    </>
  );
}
