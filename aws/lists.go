package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// onlyLists fails a list of objects that does not name its bucket. The SDK reads any
// other document, and an empty body, as an empty list: behind a proxy the practice
// would have no clients, and the trail no digests with problems.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func onlyLists(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("claria/lists",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if err != nil {
				return out, metadata, err
			}
			named := true
			switch list := out.Result.(type) {
			case *s3.ListObjectsV2Output:
				named = list.Name != nil
			case *s3.ListObjectVersionsOutput:
				named = list.Name != nil
			}
			if !named {
				return out, metadata, &smithy.DeserializationError{Err: errors.New("the answer is not a list of a bucket's objects")}
			}
			return out, metadata, nil
		}), middleware.After)
}
