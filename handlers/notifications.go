package handlers

import (
	"context"

	"counsel/domain"
	"counsel/domain/notifications"
	"counsel/gen/api"
)

// ListNotifications pages through the caller's notifications.
func (s *Server) ListNotifications(ctx context.Context, r api.ListNotificationsRequestObject) (api.ListNotificationsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := notifications.Filter{Unread: r.Params.Unread != nil && *r.Params.Unread, Limit: limit(r.Params.Limit), Before: before}
	items, next, err := s.Notifications.List(ctx, caller(ctx), f)
	if err != nil {
		return nil, err
	}
	unread, err := s.Notifications.Unread(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	page := api.NotificationList{Items: make([]api.Notification, len(items)), UnreadCount: int32(unread), NextCursor: cursor(next)}
	for i, n := range items {
		page.Items[i] = notification(n)
	}
	return api.ListNotifications200JSONResponse(page), nil
}

// UpdateNotification marks one as read or unread.
func (s *Server) UpdateNotification(ctx context.Context, r api.UpdateNotificationRequestObject) (api.UpdateNotificationResponseObject, error) {
	n, err := s.Notifications.Mark(ctx, caller(ctx), domain.ID(r.NotificationID), r.Body.Read)
	if err != nil {
		return nil, err
	}
	return api.UpdateNotification200JSONResponse(notification(n)), nil
}

// ReadNotifications marks those that were seen as read.
func (s *Server) ReadNotifications(ctx context.Context, r api.ReadNotificationsRequestObject) (api.ReadNotificationsResponseObject, error) {
	if err := s.Notifications.MarkAll(ctx, caller(ctx), domain.ID(r.Body.NewestID)); err != nil {
		return nil, err
	}
	return api.ReadNotifications204Response{}, nil
}

// GetNotificationPreferences says how the caller is told.
func (s *Server) GetNotificationPreferences(ctx context.Context, _ api.GetNotificationPreferencesRequestObject) (api.GetNotificationPreferencesResponseObject, error) {
	list, err := s.Notifications.Preferences(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetNotificationPreferences200JSONResponse{Items: preferences(list)}, nil
}

// SetNotificationPreferences chooses anew how the caller is told.
func (s *Server) SetNotificationPreferences(ctx context.Context, r api.SetNotificationPreferencesRequestObject) (api.SetNotificationPreferencesResponseObject, error) {
	chosen := make([]notifications.Preference, len(r.Body.Items))
	for i, p := range r.Body.Items {
		chosen[i] = notifications.Preference{Type: domain.EventType(p.Type), InApp: p.InApp, Email: p.Email}
	}
	list, err := s.Notifications.SetPreferences(ctx, caller(ctx), chosen)
	if err != nil {
		return nil, err
	}
	return api.SetNotificationPreferences200JSONResponse{Items: preferences(list)}, nil
}

func notification(n notifications.Notification) api.Notification {
	id := func(name string) *api.ID {
		if v, ok := n.Data[name]; ok {
			return (*api.ID)(&v)
		}
		return nil
	}
	return api.Notification{ID: api.ID(n.ID), Type: api.NotificationType(n.Type), CaseID: (*api.ID)(n.CaseID), CaseTitle: given(n.CaseTitle),
		Data: api.EventIds{MemberID: id("memberId"), TaskID: id("taskId"), AssigneeID: id("assigneeId"), DocumentID: id("documentId"), DraftID: id("draftId"),
			EmailID: id("emailId"), TrackingID: id("trackingId")},
		CreatedAt: n.CreatedAt, ReadAt: n.ReadAt}
}

func preferences(list []notifications.Preference) []api.NotificationPreference {
	out := make([]api.NotificationPreference, len(list))
	for i, p := range list {
		out[i] = api.NotificationPreference{Type: api.NotificationType(p.Type), InApp: p.InApp, Email: p.Email}
	}
	return out
}
