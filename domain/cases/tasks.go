package cases

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/cases"
)

// maxTaskTitle is the limit of a task's title, in characters.
const maxTaskTitle = 300

// TaskStatus is the status of a task.
type TaskStatus string

// The statuses of a task.
const (
	TaskOpen TaskStatus = "open"
	TaskDone TaskStatus = "done"
)

// TaskContent holds the fields of a task that members can set.
type TaskContent struct {
	Title      string
	Status     TaskStatus // "": open
	DueOn      *time.Time // midnight UTC; nil: none
	AssigneeID *domain.ID // a member; nil: unassigned
}

// Task is a task in a case.
type Task struct {
	ID domain.ID
	TaskContent
	CreatedBy            domain.ID
	CreatedAt, UpdatedAt time.Time
}

func (c *TaskContent) validate() error {
	var err error
	if c.Title, err = singleLine("/title", c.Title, maxTaskTitle); err != nil {
		return err
	}
	if c.Status == "" {
		c.Status = TaskOpen
	}
	if c.Status != TaskOpen && c.Status != TaskDone {
		return domain.InvalidField("/status", "must be open or done")
	}
	if c.DueOn != nil && (c.DueOn.Year() < 1900 || c.DueOn.Year() > 2999) {
		return domain.InvalidField("/dueOn", "must be a day of the years 1900 to 2999")
	}
	return nil
}

// checkAssignee fails with Invalid unless the assignee is a member.
func (c *TaskContent) checkAssignee(ctx context.Context, tx db.Tx, id domain.ID) error {
	if c.AssigneeID == nil {
		return nil
	}
	_, err := query.New(tx).GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: *c.AssigneeID})
	if err != nil {
		return notFoundAs(err, domain.InvalidField("/assigneeId", "is not a member of the case"))
	}
	return nil
}

// AddTask creates a task. taskID is optional, as in NewCase.
func (s *Service) AddTask(ctx context.Context, p domain.Principal, id, as domain.ID, c TaskContent) (Task, error) {
	if err := c.validate(); err != nil {
		return Task{}, err
	}
	row, ok, err := findExisting(ctx, s, p, id, as, ResourceTask, func() (query.CaseTask, error) {
		return s.queries.GetCaseTask(ctx, query.GetCaseTaskParams{CaseID: id, ID: as})
	})
	if ok || err != nil {
		return toTask(row), err
	}
	now := s.now()
	t := Task{ID: cmp.Or(as, s.newID()), TaskContent: c, CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceTask, ID: &t.ID}, func(tx db.Tx) error {
		if err := c.checkAssignee(ctx, tx, id); err != nil {
			return err
		}
		if err := query.New(tx).CreateCaseTask(ctx, query.CreateCaseTaskParams{ID: t.ID, CaseID: id, Title: t.Title, Status: string(t.Status), DueOn: nullTime(t.DueOn),
			AssigneeID: t.AssigneeID, CreatedBy: t.CreatedBy, CreatedAt: now, UpdatedAt: now}); err != nil {
			return err
		}
		return s.publishAssignment(ctx, tx, p, id, t, nil)
	})
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

// CreateTask creates an open task without an assignee, in a transaction that AuthorizedTx runs.
func (s *Service) CreateTask(ctx context.Context, tx db.Tx, p domain.Principal, id domain.ID, title string) (domain.ID, error) {
	now, task := s.now(), s.newID()
	return task, query.New(tx).CreateCaseTask(ctx, query.CreateCaseTaskParams{ID: task, CaseID: id, Title: domain.Truncate(title, maxTaskTitle), Status: string(TaskOpen),
		CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now})
}

// Tasks lists the tasks of a case, newest first; status "" lists all. next is the cursor of the
// next page, nil on the last.
func (s *Service) Tasks(ctx context.Context, p domain.Principal, id domain.ID, status TaskStatus, limit int, cursor *domain.ID) (items []Task, next *domain.ID, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceTask}); err != nil {
		return nil, nil, err
	}
	n := domain.PageSize(limit)
	rows, err := s.queries.ListCaseTasks(ctx, query.ListCaseTasksParams{CaseID: id, Cursor: domain.CursorOrMax(cursor), Status: string(status), Limit: int32(n + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, toTask(r))
	}
	items, next = domain.Page(items, n, func(t Task) domain.ID { return t.ID })
	return items, next, nil
}

func toTask(r query.CaseTask) Task {
	t := Task{ID: r.ID, TaskContent: TaskContent{Title: r.Title, Status: TaskStatus(r.Status), AssigneeID: r.AssigneeID},
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.DueOn.Valid {
		t.DueOn = &r.DueOn.Time
	}
	return t
}

// ReplaceTask replaces the content of a task. NotFound: the case has no such task.
func (s *Service) ReplaceTask(ctx context.Context, p domain.Principal, id, task domain.ID, c TaskContent) (Task, error) {
	if err := c.validate(); err != nil {
		return Task{}, err
	}
	var t Task
	action := Action{Verb: VerbUpdate, Resource: ResourceTask, ID: &task}
	err := s.AuthorizedTx(ctx, p, id, &action, func(tx db.Tx) error {
		q := query.New(tx)
		r, err := q.GetCaseTask(ctx, query.GetCaseTaskParams{CaseID: id, ID: task})
		if err != nil {
			return notFoundAs(err, errNoTask())
		}
		if err := c.checkAssignee(ctx, tx, id); err != nil {
			return err
		}
		t = toTask(r)
		action.Detail = c.describeChanges(t.TaskContent)
		previous := t.AssigneeID
		t.TaskContent, t.UpdatedAt = c, s.now()
		if err := q.UpdateCaseTask(ctx, query.UpdateCaseTaskParams{CaseID: id, ID: task, Title: c.Title, Status: string(c.Status), DueOn: nullTime(c.DueOn),
			AssigneeID: c.AssigneeID, UpdatedAt: t.UpdatedAt}); err != nil {
			return err
		}
		return s.publishAssignment(ctx, tx, p, id, t, previous)
	})
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

// publishAssignment publishes an event if the task has a new assignee.
func (s *Service) publishAssignment(ctx context.Context, tx db.Tx, p domain.Principal, id domain.ID, t Task, previous *domain.ID) error {
	to := t.AssigneeID
	if to == nil || previous != nil && *to == *previous {
		return nil
	}
	return s.events.Publish(ctx, tx, domain.Event{Type: domain.EventTaskAssigned, Actor: p.UserID, UserID: *to, CaseID: &id,
		Data: map[string]domain.ID{"taskId": t.ID, "assigneeId": *to}})
}

// describeChanges names the changed fields for the timeline.
func (c *TaskContent) describeChanges(previous TaskContent) string {
	var changed []string
	if c.Title != previous.Title {
		changed = append(changed, "title")
	}
	if c.Status != previous.Status {
		changed = append(changed, "status "+string(previous.Status)+" → "+string(c.Status))
	}
	if was, is := nullTime(previous.DueOn), nullTime(c.DueOn); was.Valid != is.Valid || !was.Time.Equal(is.Time) {
		changed = append(changed, "due "+formatDay(was)+" → "+formatDay(is))
	}
	if (c.AssigneeID == nil) != (previous.AssigneeID == nil) || c.AssigneeID != nil && *c.AssigneeID != *previous.AssigneeID {
		changed = append(changed, "assignee")
	}
	return strings.Join(changed, ", ")
}

func formatDay(t sql.NullTime) string {
	if !t.Valid {
		return "none"
	}
	return t.Time.Format(time.DateOnly)
}

// DeleteTask deletes a task. NotFound: the case has no such task.
func (s *Service) DeleteTask(ctx context.Context, p domain.Principal, id, task domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceTask, ID: &task}, func(tx db.Tx) error {
		n, err := query.New(tx).DeleteCaseTask(ctx, query.DeleteCaseTaskParams{CaseID: id, ID: task})
		if err == nil && n == 0 {
			return errNoTask()
		}
		return err
	})
}

func errNoTask() error { return domain.NoSuch("task") }
