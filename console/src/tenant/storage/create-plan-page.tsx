/** Makes a backup plan on one screen: what it saves, with what that takes at this moment; when, where to, for how long; who acts; and when a restore is tried. */
import {
  ActionGroup,
  Alert,
  Button,
  Content,
  Form,
  FormFieldGroup,
  FormFieldGroupHeader,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Grid,
  GridItem,
  PageSection,
  Title,
} from '@patternfly/react-core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { askJson } from '../../api/client.ts';
import { pathOf } from '../../api/discovery.ts';
import { useLiveList } from '../../api/live-list.ts';
import { AsCode } from '../../forms/as-code.tsx';
import { LeaveGuard } from '../../forms/leave-guard.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { KINDS, namesOf, useKind } from './kinds.ts';
import { EVERY, FIRST, NEW_ACCOUNT, type PlanDraft, planProblems, stepsOf, TESTED } from './new-plan.ts';
import { SAVED } from './selection.ts';
import { SelectionField } from './selection-field.tsx';
import './storage.css';

export function CreatePlanPage() {
  const { say } = useTexts();
  const navigate = useNavigate();
  const { project: wanted } = useSearch({ strict: false }) as { project?: string };
  const resources = {
    plans: useKind(KINDS.plans),
    serviceAccounts: useKind(KINDS.serviceAccounts),
    roleBindings: useKind(KINDS.roleBindings),
  };
  const projects = namesOf(useLiveList(useKind(KINDS.projects)));
  const [chosen, setChosen] = useState(wanted ?? '');
  const project = chosen === '' ? projects[0] : chosen;
  const buckets = namesOf(useLiveList(useKind(KINDS.buckets), { project }));
  const accounts = namesOf(useLiveList(resources.serviceAccounts, { project }));
  const [draft, setDraft] = useState<PlanDraft>(FIRST);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const change = (next: Partial<PlanDraft>) => setDraft({ ...draft, ...next });
  const wrong = planProblems(draft);
  const isNewAccount = draft.account === NEW_ACCOUNT && !accounts.includes(NEW_ACCOUNT);
  const missing = [
    ...(wrong.has('name') ? [say('storage.name')] : []),
    ...(wrong.has('what') ? [say('storage.plan.what')] : []),
    ...(wrong.has('target') ? [say('storage.plan.target')] : []),
    ...(wrong.has('account') ? [say('storage.plan.account')] : []),
  ];
  const steps = stepsOf(draft, project ?? '', isNewAccount);
  const made = useRef(new Set<string>());
  const make = async () => {
    if (resources.plans === undefined || project === undefined || wrong.size > 0) return;
    setBusy(true);
    setProblem('');
    try {
      for (const { kind, body } of steps) {
        const resource = resources[kind];
        if (resource === undefined || made.current.has(kind)) continue;
        await askJson(pathOf(resource, resource.isNamespaced ? project : undefined), {
          method: 'POST',
          body,
        });
        // What is made stays made: tried again, the rest is.
        made.current.add(kind);
      }
      await navigate({
        to: `/resources/${KINDS.plans}/${project}/${draft.name}`,
        search: { tab: 'runs' } as never,
      });
    } catch (error) {
      setProblem(problemText(error, say));
      setBusy(false);
    }
  };
  return (
    <>
      <LeaveGuard isUnsaved={() => draft !== FIRST && !made.current.has('plans')} />
      <PageSection>
        <Title headingLevel="h1">{say('storage.plan.new')}</Title>
        <Content component="p">{say('storage.plan.new.lead')}</Content>
      </PageSection>
      <PageSection isFilled>
        <Grid hasGutter>
          <GridItem span={12} xl={7}>
            <Form
              onSubmit={(event) => {
                event.preventDefault();
                void make();
              }}
            >
              <FormGroup label={say('storage.project')} fieldId="plan-project" isRequired>
                <FormSelect
                  id="plan-project"
                  value={project ?? ''}
                  onChange={(_event, value) => {
                    setChosen(value);
                    change({ what: FIRST.what, target: '', account: '' });
                  }}
                >
                  {[...new Set([...(wanted === undefined ? [] : [wanted]), ...projects])].map((one) => (
                    <FormSelectOption key={one} value={one} label={one} />
                  ))}
                </FormSelect>
              </FormGroup>
              <TextField
                id="plan-name"
                label={say('storage.name')}
                value={draft.name}
                isRequired
                isWrong={wrong.has('name')}
                onChange={(name) => change({ name })}
              />
              <FormFieldGroup
                header={
                  <FormFieldGroupHeader
                    titleText={{ text: say('storage.plan.what'), id: 'plan-what' }}
                    titleDescription={say('storage.plan.what.hint')}
                  />
                }
              >
                {SAVED.map((plural) => (
                  <SelectionField
                    key={plural}
                    plural={plural}
                    draft={draft.what[plural]}
                    project={project}
                    target={draft.target}
                    onChange={(selection) => change({ what: { ...draft.what, [plural]: selection } })}
                  />
                ))}
              </FormFieldGroup>
              <FormGroup label={say('storage.plan.target')} fieldId="plan-target" isRequired>
                <FormSelect
                  id="plan-target"
                  value={draft.target}
                  onChange={(_event, target) => change({ target })}
                >
                  <FormSelectOption value="" label={say('storage.plan.target.choose')} isPlaceholder />
                  {buckets.map((one) => (
                    <FormSelectOption key={one} value={one} label={one} />
                  ))}
                </FormSelect>
                <Content component="small">{say('storage.plan.target.hint')}</Content>
              </FormGroup>
              <FormGroup label={say('storage.plan.every')} fieldId="plan-every">
                <FormSelect
                  id="plan-every"
                  value={draft.every}
                  onChange={(_event, every) => change({ every: every as PlanDraft['every'] })}
                >
                  {EVERY.map((one) => (
                    <FormSelectOption key={one} value={one} label={say(`storage.plan.every.${one}`)} />
                  ))}
                </FormSelect>
              </FormGroup>
              {draft.every !== 'hand' && (
                <TextField
                  id="plan-at"
                  type="time"
                  label={say('storage.plan.at')}
                  hint={say('storage.plan.at.hint')}
                  value={draft.at}
                  isWrong={wrong.has('at')}
                  onChange={(at) => change({ at })}
                />
              )}
              <TextField
                id="plan-days"
                type="number"
                label={say('storage.plan.days')}
                hint={say('storage.plan.days.hint')}
                value={draft.days}
                isRequired
                isWrong={wrong.has('days')}
                onChange={(days) => change({ days })}
              />
              <TextField
                id="plan-last"
                type="number"
                label={say('storage.plan.keepLast')}
                value={draft.last}
                isRequired
                isWrong={wrong.has('last')}
                onChange={(last) => change({ last })}
              />
              <FormGroup label={say('storage.plan.account')} fieldId="plan-account" isRequired>
                <FormSelect
                  id="plan-account"
                  value={draft.account}
                  onChange={(_event, account) => change({ account })}
                >
                  <FormSelectOption value="" label={say('storage.plan.account.choose')} isPlaceholder />
                  {accounts.map((one) => (
                    <FormSelectOption key={one} value={one} label={one} />
                  ))}
                  {!accounts.includes(NEW_ACCOUNT) && (
                    <FormSelectOption
                      value={NEW_ACCOUNT}
                      label={say('storage.plan.account.new', { name: NEW_ACCOUNT })}
                    />
                  )}
                </FormSelect>
                <Content component="small">{say('storage.plan.account.hint')}</Content>
              </FormGroup>
              <FormGroup label={say('storage.plan.tested')} fieldId="plan-tested">
                <FormSelect
                  id="plan-tested"
                  value={draft.tested}
                  onChange={(_event, tested) => change({ tested: tested as PlanDraft['tested'] })}
                >
                  {TESTED.map((one) => (
                    <FormSelectOption key={one} value={one} label={say(`storage.plan.tested.${one}`)} />
                  ))}
                </FormSelect>
                <Content component="small">{say('storage.plan.tested.hint')}</Content>
              </FormGroup>
              {problem !== '' && (
                <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />
              )}
              {missing.length > 0 && (
                <Content component="small">
                  {say('storage.plan.missing', { what: missing.join(', ') })}
                </Content>
              )}
              <ActionGroup>
                <Button type="submit" isLoading={isBusy} isDisabled={isBusy || wrong.size > 0}>
                  {say('storage.plan.make')}
                </Button>
              </ActionGroup>
            </Form>
          </GridItem>
          <GridItem span={12} xl={5} className="casemate-beside">
            <AsCode objects={steps.map(({ body }) => body)} />
          </GridItem>
        </Grid>
      </PageSection>
    </>
  );
}
