import { Button, PasswordInput, SegmentedControl } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useState, type FormEvent } from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { Login } from '@gatehouse/contracts';
import { Banner } from '../../elements/Notice.js';
import { paths } from '../../paths.js';
import { queryClient, titleOf, useAct } from '../../query.js';
import { keyOfAsk } from '../../query.key.js';
import { Mark } from '../../shell/Mark.js';
import { arrivedCode } from './arrival.js';
import css from './LoginPage.module.css';

type Kind = 'code' | 'token';

const where: Readonly<Record<Kind, React.ReactNode>> = {
  code: (
    <>
      <code>gatehouse panel</code> and <code>make start</code> print a link with a one-time code. It works
      once, for 10 minutes.
    </>
  ),
  token: (
    <>
      An administrator issues tokens under Principals, or with <code>gatehouse token create</code>. The first
      admin token lies in the data directory, in a file that only its owner can read; <code>make start</code>{' '}
      names it.
    </>
  ),
};

export const LoginPage = () => {
  useDocumentTitle('Sign in · Gatehouse');
  const navigate = useNavigate();
  const location = useLocation();
  const [kind, setKind] = useState<Kind>('code');
  const [secret, setSecret] = useState('');
  const login = useAct('login.create', { quiet: true });

  const enter = (body: Login) =>
    login.mutate(
      { body },
      {
        onSuccess: (me) => {
          queryClient.setQueryData(keyOfAsk('me.get', {}), me);
          const from = (location.state as { from?: string } | null)?.from;
          void navigate(from ?? paths.jobs, { replace: true });
        },
      },
    );

  useEffect(() => {
    const code = arrivedCode();
    if (code !== null) enter({ code });
    // Once, on arrival: the code works only once.
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const value = secret.trim();
    if (value !== '') enter(kind === 'code' ? { code: value } : { token: value });
  };

  return (
    <main className={css.page}>
      <form className={css.form} onSubmit={submit}>
        <div className={css.brand}>
          <Mark size={30} />
          <div>
            <h1>Gatehouse</h1>
            <p>Agents do the work. Gatehouse decides what is published.</p>
          </div>
        </div>
        {login.error && (
          <Banner tone="bad" icon={IconAlertTriangle} title={titleOf(login.error)}>
            {login.error.message}
          </Banner>
        )}
        <SegmentedControl
          fullWidth
          aria-label="Sign in with"
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={[
            { value: 'code', label: 'One-time code' },
            { value: 'token', label: 'Token' },
          ]}
        />
        <PasswordInput
          label={kind === 'code' ? 'One-time code' : 'Token'}
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          data-filter
        />
        <Button type="submit" size="sm" loading={login.isPending} disabled={secret.trim() === ''} fullWidth>
          Sign in
        </Button>
        <p className={css.hint}>{where[kind]}</p>
      </form>
    </main>
  );
};
