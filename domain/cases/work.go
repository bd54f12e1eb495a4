package cases

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Limits of notes and tasks, in characters.
const (
	maxNote      = 10_000
	maxTaskTitle = 300
)

// Note is what somebody wrote down in a case. It is not changed, only deleted.
type Note struct {
	ID        domain.ID
	AuthorID  domain.ID
	Body      string
	CreatedAt time.Time
}

// NewNote is a note to be written.
type NewNote struct {
	ID   domain.ID // optional, as of NewCase
	Body string
}

// AddNote writes a note.
func (s *Service) AddNote(ctx context.Context, p domain.Principal, id domain.ID, w NewNote) (Note, error) {
	body, err := prose("/body", w.Body, maxNote)
	if err != nil {
		return Note{}, err
	}
	if body == "" {
		return Note{}, domain.InvalidField("/body", "must not be blank")
	}
	row, ok, err := existing(ctx, s, p, id, w.ID, ResourceNote, func() (query.CaseNote, error) {
		return s.rows.GetCaseNote(ctx, query.GetCaseNoteParams{CaseID: id, ID: w.ID})
	})
	if ok || err != nil {
		return noteOf(row), err
	}
	n := Note{ID: cmp.Or(w.ID, s.newID()), AuthorID: p.UserID, Body: body, CreatedAt: s.now()}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceNote, ID: &n.ID}, func(tx db.Tx) error {
		return query.New(tx).CreateCaseNote(ctx, query.CreateCaseNoteParams{ID: n.ID, CaseID: id, AuthorID: n.AuthorID, Body: n.Body, CreatedAt: n.CreatedAt})
	})
	if err != nil {
		return Note{}, err
	}
	return n, nil
}

// Notes lists a case's notes, the newest first. next is the from of the following page, nil on
// the last.
func (s *Service) Notes(ctx context.Context, p domain.Principal, id domain.ID, limit int, from *domain.ID) (items []Note, next *domain.ID, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceNote}); err != nil {
		return nil, nil, err
	}
	n := pageSize(limit)
	rows, err := s.rows.ListCaseNotes(ctx, query.ListCaseNotesParams{CaseID: id, Before: domain.Before(from), Limit: n + 1})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, noteOf(r))
	}
	items, next = page(items, n, func(n Note) domain.ID { return n.ID })
	return items, next, nil
}

func noteOf(r query.CaseNote) Note {
	return Note{ID: r.ID, AuthorID: r.AuthorID, Body: r.Body, CreatedAt: r.CreatedAt}
}

// DeleteNote deletes a note. NotFound: the case has no such note.
func (s *Service) DeleteNote(ctx context.Context, p domain.Principal, id, note domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceNote, ID: &note}, func(tx db.Tx) error {
		n, err := query.New(tx).DeleteCaseNote(ctx, query.DeleteCaseNoteParams{CaseID: id, ID: note})
		if err == nil && n == 0 {
			return domain.NoSuch("note")
		}
		return err
	})
}

// TaskStatus is where a task stands.
type TaskStatus string

// The statuses of a task.
const (
	TaskOpen TaskStatus = "open"
	TaskDone TaskStatus = "done"
)

// TaskContent is what may be said of a task.
type TaskContent struct {
	Title      string
	Status     TaskStatus // "": open
	DueOn      *time.Time // a day, at midnight UTC; nil: none
	AssigneeID *domain.ID // a member; nil: nobody
}

// Task is something to be done in a case.
type Task struct {
	ID domain.ID
	TaskContent
	CreatedBy            domain.ID
	CreatedAt, UpdatedAt time.Time
}

func (c *TaskContent) check() error {
	var err error
	if c.Title, err = line("/title", c.Title, maxTaskTitle); err != nil {
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

// assignable fails with Invalid unless the assignee is a member.
func (c *TaskContent) assignable(ctx context.Context, tx db.Tx, id domain.ID) error {
	if c.AssigneeID == nil {
		return nil
	}
	_, err := query.New(tx).GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: *c.AssigneeID})
	if err != nil {
		return absent(err, domain.InvalidField("/assigneeId", "is not a member of the case"))
	}
	return nil
}

// AddTask puts a task into a case. as is its id, optional as that of NewCase.
func (s *Service) AddTask(ctx context.Context, p domain.Principal, id, as domain.ID, c TaskContent) (Task, error) {
	if err := c.check(); err != nil {
		return Task{}, err
	}
	row, ok, err := existing(ctx, s, p, id, as, ResourceTask, func() (query.CaseTask, error) {
		return s.rows.GetCaseTask(ctx, query.GetCaseTaskParams{CaseID: id, ID: as})
	})
	if ok || err != nil {
		return taskOf(row), err
	}
	now := s.now()
	t := Task{ID: cmp.Or(as, s.newID()), TaskContent: c, CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceTask, ID: &t.ID}, func(tx db.Tx) error {
		if err := c.assignable(ctx, tx, id); err != nil {
			return err
		}
		if err := query.New(tx).CreateCaseTask(ctx, query.CreateCaseTaskParams{ID: t.ID, CaseID: id, Title: t.Title, Status: string(t.Status), DueOn: nullTime(t.DueOn),
			AssigneeID: t.AssigneeID, CreatedBy: t.CreatedBy, CreatedAt: now, UpdatedAt: now}); err != nil {
			return err
		}
		return s.assigned(ctx, tx, p, id, t, nil)
	})
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

// Tasks lists a case's tasks, the newest first; "" lists those of every status. next is the
// from of the following page, nil on the last.
func (s *Service) Tasks(ctx context.Context, p domain.Principal, id domain.ID, status TaskStatus, limit int, from *domain.ID) (items []Task, next *domain.ID, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceTask}); err != nil {
		return nil, nil, err
	}
	n := pageSize(limit)
	rows, err := s.rows.ListCaseTasks(ctx, query.ListCaseTasksParams{CaseID: id, Before: domain.Before(from), Status: string(status), Limit: n + 1})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, taskOf(r))
	}
	items, next = page(items, n, func(t Task) domain.ID { return t.ID })
	return items, next, nil
}

func taskOf(r query.CaseTask) Task {
	t := Task{ID: r.ID, TaskContent: TaskContent{Title: r.Title, Status: TaskStatus(r.Status), AssigneeID: r.AssigneeID},
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.DueOn.Valid {
		t.DueOn = &r.DueOn.Time
	}
	return t
}

// ReplaceTask says anew what a task is. NotFound: the case has no such task.
func (s *Service) ReplaceTask(ctx context.Context, p domain.Principal, id, task domain.ID, c TaskContent) (Task, error) {
	if err := c.check(); err != nil {
		return Task{}, err
	}
	var t Task
	act := Action{Verb: VerbUpdate, Resource: ResourceTask, ID: &task}
	err := s.AuthorizedTx(ctx, p, id, &act, func(tx db.Tx) error {
		q := query.New(tx)

		r, err := q.GetCaseTask(ctx, query.GetCaseTaskParams{CaseID: id, ID: task})
		if err != nil {
			return absent(err, noTask())
		}
		if err := c.assignable(ctx, tx, id); err != nil {
			return err
		}
		t = taskOf(r)
		act.Detail = c.against(t.TaskContent)
		before := t.AssigneeID
		t.TaskContent, t.UpdatedAt = c, s.now()
		if err := q.UpdateCaseTask(ctx, query.UpdateCaseTaskParams{CaseID: id, ID: task, Title: c.Title, Status: string(c.Status), DueOn: nullTime(c.DueOn),
			AssigneeID: c.AssigneeID, UpdatedAt: t.UpdatedAt}); err != nil {
			return err
		}
		return s.assigned(ctx, tx, p, id, t, before)
	})
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

// assigned tells of a task that has become somebody's; before is whose it was.
func (s *Service) assigned(ctx context.Context, tx db.Tx, p domain.Principal, id domain.ID, t Task, before *domain.ID) error {
	to := t.AssigneeID
	if to == nil || before != nil && *to == *before {
		return nil
	}
	return s.Events.Publish(ctx, tx, domain.Event{Type: domain.EventTaskAssigned, Actor: p.UserID, UserID: *to, CaseID: &id,
		Data: map[string]domain.ID{"taskId": t.ID, "assigneeId": *to}})
}

// against tells what is new, for the timeline.
func (c *TaskContent) against(old TaskContent) string {
	var changed []string
	if c.Title != old.Title {
		changed = append(changed, "title")
	}
	if c.Status != old.Status {
		changed = append(changed, "status "+string(old.Status)+" → "+string(c.Status))
	}
	if was, is := nullTime(old.DueOn), nullTime(c.DueOn); was.Valid != is.Valid || !was.Time.Equal(is.Time) {
		changed = append(changed, "due "+day(was)+" → "+day(is))
	}
	if (c.AssigneeID == nil) != (old.AssigneeID == nil) || c.AssigneeID != nil && *c.AssigneeID != *old.AssigneeID {
		changed = append(changed, "assignee")
	}
	return strings.Join(changed, ", ")
}

func day(t sql.NullTime) string {
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
			return noTask()
		}
		return err
	})
}

func noTask() error { return domain.NoSuch("task") }
