import durable, { type EntityContext } from 'durable-functions';

/** A list of strings that answers every operation with what it holds afterwards. */
export function operateOnList({ df }: EntityContext<readonly string[]>): void {
  const list = df.getState(() => []) ?? [];
  switch (df.operationName) {
    case 'append': {
      const longer = [...list, df.getInput<string>() ?? ''];
      df.setState(longer);
      df.return<unknown>(longer);
      return;
    }
    case 'relay':
      df.setState(list);
      df.signalEntity(new durable.EntityId('list', `${df.entityKey}>`), 'append', df.getInput<string>());
      df.return<unknown>(list);
      return;
    case 'read':
      df.setState(list);
      df.return<unknown>(list);
      return;
    case 'drop':
      // An answer makes the entity exist: it comes first.
      df.return<unknown>('dropped');
      df.destructOnExit();
      return;
    default:
      throw new Error(`There is no operation ${df.operationName}`);
  }
}
