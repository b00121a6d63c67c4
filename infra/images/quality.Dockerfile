# The image of check, the only function that carries Great Expectations. Built from the project's root:
#   docker build --platform linux/arm64 -f infra/images/quality.Dockerfile -t pulsverk-quality .
FROM public.ecr.aws/lambda/python:3.13

# Read when Great Expectations is imported: the gate calls nobody.
ENV GX_ANALYTICS_ENABLED=false

COPY requirements/quality.txt requirements.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt -t "${LAMBDA_TASK_ROOT}"

COPY pipeline ${LAMBDA_TASK_ROOT}/pipeline
COPY functions ${LAMBDA_TASK_ROOT}/functions
COPY expectations ${LAMBDA_TASK_ROOT}/expectations

# A function may not write beside its code; without bytecode each cold start costs two to three times as much.
RUN python -m compileall -q -j 0 "${LAMBDA_TASK_ROOT}"

CMD ["functions.check.handler"]
